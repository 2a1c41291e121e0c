import type { Table } from '../report/table.ts';
import type { ChurnResult } from './churn-bench.ts';
import { megabytes, whole } from './numbers.ts';

export function churnTables({ minutes, fileBytesMax, ownBytesMax, samples }: ChurnResult): Table[] {
  return [
    {
      title: `A mailbox filled and emptied for ${minutes} min: files ${megabytes(fileBytesMax)} MB at most, memory ${megabytes(ownBytesMax)} MB`,
      corner: 'after s',
      columns: [
        'published',
        'consumed',
        'errors',
        'files, MB',
        'memory, MB',
        'and mapped files',
        'share of a processor',
      ],
      lines: samples.map(
        ({ seconds, published, consumed, errors, fileBytes, ownBytes, mappedBytes, processorShare }) => ({
          label: whole(seconds),
          cells: [
            whole(published),
            whole(consumed),
            whole(errors),
            megabytes(fileBytes),
            megabytes(ownBytes),
            megabytes(mappedBytes),
            processorShare.toFixed(2),
          ],
        }),
      ),
    },
  ];
}
