// Generated from docs/asyncapi.json by `npm run generate`.

/**
 * Channel of a message; a review is classified by sentiment, all others by intent.
 */
export type Channel = "chat" | "email" | "review";
/**
 * Content of the image as the sender names it; it selects the model.
 */
export type ImageKind = "digit" | "dish";
/**
 * Type of a named entity.
 */
export type EntityType = "person" | "organisation" | "place" | "other";
/**
 * Handling of a message: the bot answers, a person approves a draft, or a person answers.
 */
export type Lane = "auto" | "draft" | "human";
/**
 * Urgency for a person.
 */
export type Priority = "low" | "normal" | "high" | "urgent";

/**
 * Every event by its name, which is also its topic.
 */
export interface Events {
  "customer.message_received.v1": CustomerMessageReceived;
  "news.article_published.v1": NewsArticlePublished;
  "image.received.v1": ImageReceived;
  "customer.message_analyzed.v1": CustomerMessageAnalyzed;
  "news.article_analyzed.v1": NewsArticleAnalyzed;
  "image.analyzed.v1": ImageAnalyzed;
  "support.message_routed.v1": SupportMessageRouted;
  "sentiment.alert_raised.v1": SentimentAlertRaised;
  "sentiment.alert_updated.v1": SentimentAlertUpdated;
  "sentiment.alert_resolved.v1": SentimentAlertResolved;
  "support.message_corrected.v1": SupportMessageCorrected;
  "news.article_corrected.v1": NewsArticleCorrected;
  "image.corrected.v1": ImageCorrected;
}
/**
 * A customer wrote something. Kafka key: `conversation_id`, so a conversation stays in order.
 */
export interface CustomerMessageReceived {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  conversation_id: string;
  /**
   * Passed on unchanged.
   */
  customer_id?: string | null;
  channel?: Channel;
  /**
   * Not blank, at most 20,000 characters.
   */
  text: string;
}
/**
 * A source published a story. Kafka key: `source`. `occurred_at` is the time of publication.
 */
export interface NewsArticlePublished {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * Publisher of the story.
   */
  source: string;
  /**
   * Company that the story is about; stories are counted by it.
   */
  company: string;
  /**
   * Not blank, at most 20,000 characters.
   */
  headline: string;
  /**
   * At most 20,000 characters.
   */
  body?: string;
}
/**
 * Someone sent an image. Kafka key: `case_id`. `content` is the file itself, base64 in JSON.
 */
export interface ImageReceived {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  case_id: string;
  kind: ImageKind;
  /**
   * JPEG, PNG, GIF or WebP, at most 512 KiB before base64 and 25 megapixels.
   *
   * Base64 of RFC 4648, section 4: the alphabet with + and /, padded; line breaks are ignored.
   */
  content: string;
}
/**
 * A model read a customer's message. Kafka key: `conversation_id`.
 *
 * Exactly one of `intent` and `sentiment` is set: reviews get a sentiment, all others an intent.
 */
export interface CustomerMessageAnalyzed {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The message's `event_id`.
   */
  cause_id: string;
  conversation_id: string;
  customer_id?: string | null;
  channel: Channel;
  text: string;
  intent?: Prediction | null;
  sentiment?: Prediction | null;
  decision: DecisionRecord;
}
/**
 * The answer of one classifier.
 */
export interface Prediction {
  label: string;
  /**
   * Calibrated probability of `label`.
   */
  confidence: number;
  /**
   * The second most probable label.
   */
  runner_up: string;
  /**
   * Probability of `label` minus that of `runner_up`.
   */
  margin: number;
}
/**
 * Facts that explain one result or allow to repeat it.
 */
export interface DecisionRecord {
  model: string;
  model_version: string;
  /**
   * sha256 over the tokenizer and label files that were used.
   */
  preprocessing_hash: string;
  /**
   * True when an equal input had been answered before and no model was asked.
   */
  cached: boolean;
  /**
   * True when a fallback answered instead of the model.
   */
  degraded?: boolean;
  /**
   * From the time the encoded input could join a batch until that batch left for the model; 0 when cached.
   *
   */
  queue_ms: number;
  /**
   * The model call, including transport; 0 when cached.
   */
  infer_ms: number;
  /**
   * From the record's arrival in the worker until its result was ready to publish.
   */
  total_ms: number;
  /**
   * W3C trace id, 32 hexadecimal digits.
   */
  trace_id: string;
  /**
   * How foreign the input is to the model, 0 to 1; null when that was not measured.
   *
   * At 0.05 it is as familiar as half of the rows that the model was validated with; only 5 % of those lie
   * above 0.5.
   */
  out_of_scope?: number | null;
}
/**
 * Models judged a story. Kafka key: `company`, so that one reader sees all of a company's news.
 */
export interface NewsArticleAnalyzed {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The published story's `event_id`.
   */
  cause_id: string;
  source: string;
  company: string;
  headline: string;
  published_at: string;
  topic: Prediction;
  sentiment: Prediction;
  /**
   * Calibrated probability that the story is bad for the company.
   */
  negative: number;
  decision: DecisionRecord;
  /**
   * The names in the headline, in its order, none within another.
   */
  entities?: Entity[];
  /**
   * Decision record of the model that found the names; null when none was asked.
   */
  entities_decision?: DecisionRecord | null;
}
/**
 * A name in a headline, in its original spelling.
 */
export interface Entity {
  type: EntityType;
  /**
   * The part of the published headline from `start` to before `end`.
   */
  text: string;
  /**
   * Number of Unicode code points of the published headline before the name.
   */
  start: number;
  /**
   * Number of Unicode code points of the published headline up to the end of the name.
   */
  end: number;
  /**
   * Calibrated probability of the least certain of its words.
   */
  confidence: number;
}
/**
 * A model recognised an image. Kafka key: `case_id`.
 */
export interface ImageAnalyzed {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The received image's `event_id`.
   */
  cause_id: string;
  case_id: string;
  kind: ImageKind;
  label: Prediction;
  decision: DecisionRecord;
}
/**
 * The bot chose queue, priority and lane for a message. Kafka key: `conversation_id`.
 */
export interface SupportMessageRouted {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The analyzed message's `event_id`.
   */
  cause_id: string;
  /**
   * The `event_id` of the customer's message.
   */
  message_id: string;
  conversation_id: string;
  customer_id?: string | null;
  text: string;
  lane: Lane;
  /**
   * Team that the message is routed to, from the table of answers; `triage` when unknown.
   */
  queue: string;
  priority: Priority;
  /**
   * The answer to send (lane auto), to propose (draft), or to offer as first help; null in triage.
   */
  reply: string | null;
  /**
   * Reason for the lane, in one sentence for people.
   */
  reason: string;
  intent?: Prediction | null;
  sentiment?: Prediction | null;
  /**
   * When the customer's message was received.
   */
  received_at: string;
  /**
   * Channel of the message.
   */
  channel?: Channel | null;
  /**
   * The model whose prediction was followed.
   */
  model?: string | null;
  /**
   * Its version; the analyzed message, `cause_id`, has the whole decision record.
   */
  model_version?: string | null;
  /**
   * How foreign the message is to the model, 0 to 1; null where that was not measured.
   */
  out_of_scope?: number | null;
}
/**
 * A company's news turned negative.
 */
export interface SentimentAlertRaised {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The analyzed article that triggered the event.
   */
  cause_id: string;
  /**
   * The same in every event about one alert.
   */
  alert_id: string;
  company: string;
  /**
   * The topic that most of the negative stories share.
   */
  topic: string;
  /**
   * Mean probability of bad news over the stories of the window.
   */
  negative_mean: number;
  /**
   * Stories in the window, reprints not counted.
   */
  story_count: number;
  negative_count: number;
  window_start: string;
  window_end: string;
  /**
   * The most negative stories first.
   */
  evidence: Evidence[];
}
/**
 * One story behind an alert.
 */
export interface Evidence {
  /**
   * The `event_id` of the published article.
   */
  article_id: string;
  headline: string;
  source: string;
  published_at: string;
  negative: number;
  /**
   * Number of reprints of this story that were not counted.
   */
  reprint_count?: number;
}
/**
 * A raised alert grew: materially more negative stories.
 */
export interface SentimentAlertUpdated {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The analyzed article that triggered the event.
   */
  cause_id: string;
  /**
   * The same in every event about one alert.
   */
  alert_id: string;
  company: string;
  /**
   * The topic that most of the negative stories share.
   */
  topic: string;
  /**
   * Mean probability of bad news over the stories of the window.
   */
  negative_mean: number;
  /**
   * Stories in the window, reprints not counted.
   */
  story_count: number;
  negative_count: number;
  window_start: string;
  window_end: string;
  /**
   * The most negative stories first.
   */
  evidence: Evidence[];
}
/**
 * The news of a company with an open alert calmed down.
 */
export interface SentimentAlertResolved {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The analyzed article that triggered the event.
   */
  cause_id: string;
  /**
   * The same in every event about one alert.
   */
  alert_id: string;
  company: string;
  /**
   * The topic that most of the negative stories share.
   */
  topic: string;
  /**
   * Mean probability of bad news over the stories of the window.
   */
  negative_mean: number;
  /**
   * Stories in the window, reprints not counted.
   */
  story_count: number;
  negative_count: number;
  window_start: string;
  window_end: string;
  /**
   * The most negative stories first.
   */
  evidence: Evidence[];
}
/**
 * A person corrected the route of a message. Kafka key: `conversation_id`.
 *
 * Of `intent`, `sentiment`, `lane` and `queue` at least one is set; null means not corrected.
 */
export interface SupportMessageCorrected {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The corrected result's `event_id`.
   */
  cause_id: string;
  /**
   * Name of the person; a correction without one is never used to train.
   */
  corrected_by?: string | null;
  /**
   * Id of the API key that it came with; null where the gateway runs without keys.
   */
  key_id?: string | null;
  /**
   * Reason, in the person's words.
   */
  note?: string | null;
  /**
   * The model whose prediction is corrected.
   */
  model?: string | null;
  model_version?: string | null;
  /**
   * How foreign the input was to the model, 0 to 1; null where that was not measured.
   */
  out_of_scope?: number | null;
  /**
   * The `event_id` of the customer's message.
   */
  message_id: string;
  conversation_id: string;
  text: string;
  channel?: Channel | null;
  /**
   * Intent, or sentiment of a review, as the model predicted it.
   */
  predicted?: Prediction | null;
  /**
   * The lane that the bot chose; null where an analyzed message is corrected.
   */
  routed_lane?: Lane | null;
  /**
   * The team that the bot chose; null where an analyzed message is corrected.
   */
  routed_queue?: string | null;
  /**
   * The right intent.
   */
  intent?: string | null;
  /**
   * The right sentiment of a review.
   */
  sentiment?: string | null;
  /**
   * The right lane.
   */
  lane?: Lane | null;
  /**
   * The right team.
   */
  queue?: string | null;
}
/**
 * A person corrected the tone or topic of a story. Kafka key: `company`.
 *
 * Of `sentiment` and `topic` at least one is set; null means not corrected.
 */
export interface NewsArticleCorrected {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The corrected result's `event_id`.
   */
  cause_id: string;
  /**
   * Name of the person; a correction without one is never used to train.
   */
  corrected_by?: string | null;
  /**
   * Id of the API key that it came with; null where the gateway runs without keys.
   */
  key_id?: string | null;
  /**
   * Reason, in the person's words.
   */
  note?: string | null;
  /**
   * The model whose prediction is corrected.
   */
  model?: string | null;
  model_version?: string | null;
  /**
   * How foreign the input was to the model, 0 to 1; null where that was not measured.
   */
  out_of_scope?: number | null;
  /**
   * The published story's `event_id`.
   */
  article_id: string;
  company: string;
  headline: string;
  predicted_sentiment?: Prediction | null;
  predicted_topic?: Prediction | null;
  /**
   * The right sentiment.
   */
  sentiment?: string | null;
  /**
   * The right topic.
   */
  topic?: string | null;
}
/**
 * A person corrected the label of an image. Kafka key: `case_id`.
 */
export interface ImageCorrected {
  /**
   * The same whenever the event is sent again.
   */
  event_id: string;
  /**
   * When it happened; a result has the time of what it answers.
   */
  occurred_at: string;
  /**
   * The corrected result's `event_id`.
   */
  cause_id: string;
  /**
   * Name of the person; a correction without one is never used to train.
   */
  corrected_by?: string | null;
  /**
   * Id of the API key that it came with; null where the gateway runs without keys.
   */
  key_id?: string | null;
  /**
   * Reason, in the person's words.
   */
  note?: string | null;
  /**
   * The model whose prediction is corrected.
   */
  model?: string | null;
  model_version?: string | null;
  /**
   * How foreign the input was to the model, 0 to 1; null where that was not measured.
   */
  out_of_scope?: number | null;
  /**
   * The received image's `event_id`.
   */
  image_id: string;
  case_id: string;
  kind: ImageKind;
  predicted?: Prediction | null;
  /**
   * The right label.
   */
  label: string;
}
