"""Section "How to connect" of docs/contract.md: one subscriber a language, the Python one run as a test."""

PYTHON = """import json
import os

from confluent_kafka import Consumer

consumer = Consumer(
    {
        "bootstrap.servers": os.environ["TIDEMILL__KAFKA__BOOTSTRAP"],
        "group.id": "my-subscriber",
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
    }
)
consumer.subscribe(["support.message_routed.v1"])
try:
    while True:
        record = consumer.poll(1.0)
        if record is None:
            continue
        if record.error():
            raise SystemExit(str(record.error()))
        routed = json.loads(record.value())
        print(routed["lane"], routed["queue"], routed["text"], flush=True)
finally:
    consumer.close()
"""

NODE = """const { Kafka } = require("kafkajs");

const kafka = new Kafka({ brokers: process.env.TIDEMILL__KAFKA__BOOTSTRAP.split(",") });
const consumer = kafka.consumer({ groupId: "my-subscriber" });

async function main() {
  await consumer.connect();
  await consumer.subscribe({ topics: ["support.message_routed.v1"], fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const routed = JSON.parse(message.value.toString());
      console.log(routed.lane, routed.queue, routed.text);
    },
  });
}

main();
"""

JAVA = """import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Subscriber {
    public static void main(String[] arguments) {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", System.getenv("TIDEMILL__KAFKA__BOOTSTRAP"),
            "group.id", "my-subscriber",
            "auto.offset.reset", "earliest",
            "isolation.level", "read_committed",
            "key.deserializer", StringDeserializer.class,
            "value.deserializer", StringDeserializer.class);
        try (var consumer = new KafkaConsumer<String, String>(settings)) {
            consumer.subscribe(List.of("support.message_routed.v1"));
            while (true) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    System.out.println(record.value());
                }
            }
        }
    }
}
"""

KCAT = """kcat -b "$TIDEMILL__KAFKA__BOOTSTRAP" -t support.message_routed.v1 -C -o beginning -q
"""

SECTION = f"""## How to connect

**The embedded stack.** `tidemill run` shows the address of its Kafka, and in another terminal this sets
it, with all other addresses, as variables:

```sh
eval "$(tidemill env)"
```

The address is another one at each start, has neither login nor encryption, and is reached from the same
machine only.

**A Kafka of your own.** Set `TIDEMILL__KAFKA__BOOTSTRAP` to its brokers, `host:port,host:port`, for the
services, the commands and the programs below. The compose file's Kafka is at `127.0.0.1:19092` from the
host. A secured broker wants a login from your client too
([operations](operations.md#kafka-login-tls-and-rights)): `security.protocol`, `sasl.mechanism`, user,
password and the authority's file, for a user of your own with READ on the topics and on its group.

**With types.** Ready clients in this repository read the topics as typed events and drop repeats:
[Python](../clients/python/README.md), [TypeScript](../clients/typescript/README.md),
[Java](../clients/java/README.md). For any other language, classes can be generated from
[asyncapi.json](asyncapi.json) or from the JSON Schemas. The programs below need nothing but a Kafka client.

Use a group of your own (`my-subscriber`), never one that begins with `tidemill-`. Each program prints the
routes of messages, from the oldest that the topic still holds.

Python, with `confluent-kafka`:

```python
{PYTHON}```

Node, with `kafkajs`:

```js
{NODE}```

Java, with `org.apache.kafka:kafka-clients`:

```java
{JAVA}```

On the command line, with `kcat` (`tidemill watch routed` does the same):

```sh
{KCAT}```
"""
