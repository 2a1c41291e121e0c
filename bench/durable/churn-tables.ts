import type { Table } from '../matcher/table.ts';
import type { ChurnResult } from './churn-bench.ts';
import { megabytes, whole } from './numbers.ts';

export function churnTables({ minutes, fileBytesMax, residentBytesMax, samples }: ChurnResult): Table[] {
  return [
    {
      title: `A mailbox filled and emptied for ${minutes} min: files ${megabytes(fileBytesMax)} MB at most, memory ${megabytes(residentBytesMax)} MB`,
      corner: 'after s',
      columns: ['published', 'consumed', 'errors', 'files, MB', 'memory, MB', 'share of a processor'],
      lines: samples.map(({ seconds, published, consumed, errors, fileBytes, residentBytes, processorShare }) => ({
        label: whole(seconds),
        cells: [
          whole(published),
          whole(consumed),
          whole(errors),
          megabytes(fileBytes),
          megabytes(residentBytes),
          processorShare.toFixed(2),
        ],
      })),
    },
  ];
}
