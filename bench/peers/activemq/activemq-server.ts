import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Availability, Server } from '../peer.ts';
import { freePort, ServerProcess } from '../server-process.ts';

/** Where Debian puts it. */
const HOME = '/usr/share/activemq';
const JAR = join(HOME, 'bin', 'activemq.jar');
const JARS = '/usr/share/java';
const HEAP = '2g';
const EVENTS_MEMORY = '1 gb';

export async function activeMqAvailability(): Promise<Availability> {
  const version = existsSync(JAR) ? await installedVersion() : undefined;
  return version === undefined ? { leftOut: 'no activemq is installed where Debian puts it' } : { version };
}

/** The names of the files are all that tells it without starting it. */
async function installedVersion(): Promise<string | undefined> {
  const files = await readdir(JARS);
  return files.map((name) => /^activemq-broker-(.*)\.jar$/.exec(name)?.[1]).find((version) => version !== undefined);
}

/** One that speaks STOMP, keeps all in memory, and does nothing beside: no advisories, no JMX, no log but of warnings. */
export async function startActiveMq(folder: string): Promise<Server> {
  const port = await freePort();
  await writeFile(join(folder, 'activemq.xml'), configuration(folder, port));
  // Without this it takes itself to be debugged, and composes lines that nobody writes.
  await writeFile(join(folder, 'log4j.properties'), LOGGING);
  const args = [
    `-Xms${HEAP}`,
    `-Xmx${HEAP}`,
    `-Dactivemq.home=${HOME}`,
    `-Dactivemq.base=${folder}`,
    `-Dactivemq.conf=${folder}`,
    `-Djava.io.tmpdir=${folder}`,
    `-Dlog4j.configuration=file:${join(folder, 'log4j.properties')}`,
    '-jar',
    JAR,
    'start',
    `xbean:file:${join(folder, 'activemq.xml')}`,
  ];
  const server = await ServerProcess.start({ command: 'java', args, folder, port });
  return server.at(String(port));
}

const LOGGING = `log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%p %c %m%n
`;

function configuration(folder: string, port: number): string {
  return `<beans xmlns="http://www.springframework.org/schema/beans"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans
    http://www.springframework.org/schema/beans/spring-beans-2.0.xsd
    http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" brokerName="bench" dataDirectory="${folder}"
    persistent="false" useJmx="false" advisorySupport="false" schedulerSupport="false">
    <destinationPolicy><policyMap><policyEntries>
      <policyEntry topic=">" optimizedDispatch="true">
        <pendingSubscriberPolicy><vmCursor/></pendingSubscriberPolicy>
      </policyEntry>
    </policyEntries></policyMap></destinationPolicy>
    <systemUsage><systemUsage><memoryUsage><memoryUsage limit="${EVENTS_MEMORY}"/></memoryUsage></systemUsage></systemUsage>
    <transportConnectors>
      <transportConnector name="stomp" uri="stomp+nio://127.0.0.1:${port}?maximumConnections=25000"/>
    </transportConnectors>
  </broker>
</beans>
`;
}
