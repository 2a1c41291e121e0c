import { ANY, type Client } from '../../../index.ts';

export interface Bloggers {
  readonly alice: Client;
  readonly bob: Client;
  readonly chuck: Client;
}

/**
 * The classic exercise of Linda (van Steen & Tanenbaum, *Distributed Systems*): a blog is a space, a post a tuple of who,
 * about what, and the words. Nobody has to be there when somebody posts, and nobody need know who reads.
 */
export async function microblog(
  { alice, bob, chuck }: Bloggers,
  name: string,
  say: (line: string) => Promise<void>,
): Promise<void> {
  const post = async (who: string, client: Client, subject: string, words: string): Promise<void> => {
    await client.space(name).out([who, subject, words]);
    await say(`${who} posts about ${subject}: ${words}`);
  };
  const chucksBlog = chuck.space(name);

  // A blocking read may come before what it reads.
  const graphs = chucksBlog.rd(['alice', 'gtcn', String]);
  await say('chuck waits for what alice has to say about gtcn');

  await post('bob', bob, 'distsys', 'I am reading chapter 2');
  await post('bob', bob, 'distsys', 'Two processes, and neither knows the other');
  await post('bob', bob, 'gtcn', 'A fine book');
  await post('alice', alice, 'gtcn', 'Graphs are not easy');
  await post('alice', alice, 'distsys', 'I think chapter 2 is simpler than chapter 1');

  const [, , words] = await graphs;
  await say(`chuck has waited for: ${words}`);
  for (const [, subject, bobs] of await chucksBlog.rdAll(['bob', 'distsys', String])) {
    await say(`chuck reads what bob says about ${subject}: ${bobs}`);
  }
  const simpler = await chucksBlog.rdp([ANY, String, String], { when: "$2 LIKE '%simpler%'" });
  if (simpler !== undefined) await say(`chuck finds who thinks that anything is simpler: ${simpler[0]}`);
  await say(`chuck looks for news of chuck: ${(await chucksBlog.rdp(['chuck', ANY, ANY])) ?? 'nothing yet'}`);

  // Who takes a tuple has it alone.
  const [, , regretted] = await bob.space(name).in(['bob', 'gtcn', String]);
  await say(`bob takes back: ${regretted}`);
  await say(`left in the blog: ${await chucksBlog.count(ANY)} posts`);
}
