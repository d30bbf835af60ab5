// Prints each route of a message and each alert: npm run build && npm start, with TIDEMILL__KAFKA__BOOTSTRAP set.
import { Kafka, logLevel } from "kafkajs";
import type { Events } from "./events.js";

type Topic = keyof Events;
type Handlers = { [T in Topic]?: (event: Events[T]) => void };

const REMEMBERED = 100_000;

const handlers: Handlers = {
  "support.message_routed.v1": (routed) => console.log("route", routed.lane, routed.queue, routed.text),
  "sentiment.alert_raised.v1": (alert) =>
    console.log("alert", alert.company, alert.negative_count, alert.story_count),
};

// After a crash of Tidemill an event may come twice, with the same id.
const seen = new Set<string>();

function isNew(id: string): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  if (seen.size > REMEMBERED) seen.delete(seen.values().next().value!);
  return true;
}

function handle<T extends Topic>(topic: T, value: Buffer): void {
  const event = JSON.parse(value.toString("utf8")) as Events[T];
  if (isNew(event.event_id)) handlers[topic]?.(event);
}

const brokers = (process.env["TIDEMILL__KAFKA__BOOTSTRAP"] ?? "127.0.0.1:19092").split(",");
const consumer = new Kafka({ brokers, logLevel: logLevel.ERROR }).consumer({ groupId: "my-node-subscriber" });
await consumer.connect();
await consumer.subscribe({ topics: Object.keys(handlers), fromBeginning: true });
await consumer.run({
  // kafkajs commits an offset once this has ended without an error.
  eachMessage: async ({ topic, message }) => {
    if (message.value) handle(topic as Topic, message.value);
  },
});
