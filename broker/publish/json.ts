export type { JsonFault, JsonLimits } from '../../matcher/index.ts';

/** Whether a content type names JSON: `application/json`, or a type built on it (RFC 6839 §3.1), with parameters or not. */
export function isJson(contentType: string): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return type === 'application/json' || type.endsWith('+json');
}
