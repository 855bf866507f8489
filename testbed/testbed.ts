/** The built-in order service: starts its regions, each a process of its own, and adds up what they did. */
import { type Account, type RegionAccount, sumAccounts } from './account.ts';
import { type Behaviour, checkBehaviour, HEALTHY } from './behaviour.ts';
import { type RegionExit, RegionProcess } from './region-process.ts';

/** Where one region is. What is left out is taken from the testbed. */
interface RegionPlace {
  name: string;
  host?: string;
  /** Any free one where left out. */
  port?: number;
}

export interface TestbedOptions {
  /** `127.0.0.1` where left out. */
  host?: string;
  /** Of the first region; any free one where left out. */
  port?: number;
  /** What is planted for an order depends on this and its key: 0 to 2^32 - 1, 1 where left out. */
  seed?: number;
  /** What is left out is healthy. */
  behaviour?: Partial<Behaviour>;
  /** One in Seoul where left out. */
  regions?: readonly RegionPlace[];
}

export interface Testbed {
  /** Of the first region, without a slash at its end. */
  url: string;
  regions: readonly { name: string; url: string; pid: number }[];
  /** What the regions did so far. One that cannot tell (killed, stopped) has null counts and is not in the sum. */
  account(): Promise<Account>;
  /** Ends every region, by force where it must. Asked again, it gives the same account. */
  stop(): Promise<Account>;
  /** Tells of a region that ended although nobody had asked it to, also of one that has ended already. */
  onExit(listener: (exit: RegionExit) => void): void;
}

const SEOUL: RegionPlace = { name: 'seoul' };

/**
 * Starts the testbed and waits until each region listens. Regions end by themselves when this process does, however
 * it does.
 * @throws Problem E_PORT_IN_USE or E_ADDRESS; what `checkBehaviour` throws
 */
export async function startTestbed(options: TestbedOptions = {}): Promise<Testbed> {
  const { host = '127.0.0.1', port = 0, seed = 1, regions: places = [SEOUL] } = options;
  const behaviour: Behaviour = { ...HEALTHY, ...options.behaviour };
  checkBehaviour(behaviour);
  const starts = await Promise.allSettled(
    places.map((place, i) =>
      RegionProcess.start({
        region: place.name,
        host: place.host ?? host,
        port: place.port ?? (i === 0 ? port : 0),
        seed,
        behaviour,
      }),
    ),
  );
  const regions = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await Promise.all(regions.map((region) => region.stop()));
    throw failed.reason;
  }
  const addUp = async (ask: (region: RegionProcess) => Promise<RegionAccount['counts']>): Promise<Account> =>
    sumAccounts(await Promise.all(regions.map(async (r) => ({ region: r.name, counts: await ask(r) }))));
  return {
    url: regions[0]!.url,
    regions: regions.map(({ name, url, pid }) => ({ name, url, pid })),
    account: () => addUp((region) => region.account()),
    stop: () => addUp((region) => region.stop()),
    onExit: (listener) => {
      for (const region of regions) region.onExit(listener);
    },
  };
}
