// Consumer in Node: prints the value of each record of a topic, one a line, and ends after COUNT of them.
// node consume.js BROKER TOPIC COUNT, with kafkajs in NODE_PATH
const { Kafka, logLevel } = require("kafkajs");

const [broker, topic, count] = process.argv.slice(2);
const kafka = new Kafka({ clientId: "a-subscriber", brokers: [broker], logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `${topic}.node` });

async function main() {
  let left = Number(count);
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      console.log(message.value.toString());
      left -= 1;
      if (left === 0) {
        setImmediate(() => consumer.disconnect());
      }
    },
  });
}

main();
