/** An MQTT broker of the library Aedes, as its manual starts one: `node aedes-process.js <host> <port>`. */

import { createServer } from 'node:net';
import { Aedes } from 'aedes';

const [host, port] = process.argv.slice(2);
const aedes = await Aedes.createBroker();
createServer({ noDelay: true }, aedes.handle).listen(Number(port), host);
