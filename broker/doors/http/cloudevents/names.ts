/** Media types of the JSON event format (CloudEvents 1.0, JSON format §3 and §4). */
export const STRUCTURED = 'application/cloudevents+json';
export const BATCH = 'application/cloudevents-batch+json';

/** Attributes of CloudEvents that an event here has a place of its own for; `subject`, `type` and the like are attributes. */
export const OWN_PLACES: ReadonlySet<string> = new Set([
  'specversion',
  'id',
  'source',
  'time',
  'datacontenttype',
  'data',
  'data_base64',
]);

/** What we add to an event that goes out; on the way in it is what somebody repeats, and left out. */
export const ADDED = [
  'tellwhentopic',
  'tellwhenseq',
  'tellwhenattempt',
  'tellwhenleaseid',
  'tellwhenleasetoken',
  'tellwhenattributes',
] as const;

/** The type of an event whose publisher gave it none. */
export const TYPE_DEFAULT = 'tellwhen.event';

/** CloudEvents 1.0 §3.1.1 */
export const NAME = /^[a-z0-9]+$/;
