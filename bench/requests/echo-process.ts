/** Replies, in a process of its own: the peer's key, its address, and how many at a time are its arguments. */

import { requestPeerOf } from './catalogue.ts';

const [key = '', address = '', atOnce = ''] = process.argv.slice(2);
await (await requestPeerOf(key)).echo(address, Number(atOnce));
process.send?.('ready');
