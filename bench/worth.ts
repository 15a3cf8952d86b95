import { type Bench, type Claim, type Figures, median, quotients, rounded, series } from './support/claim.ts'
import { ringFigures, socketFigures } from './support/handover.ts'
import { frameBytes, scanned } from './support/scan.ts'
import { socketWriteUs } from './support/socket-write.ts'
import { kept, microseconds } from './support/timing.ts'
import { underLoad } from './support/under-load.ts'

/**
 * What three techniques that are often asked for could save kf at most, each against what a message costs in a running kf:
 *
 * - zero-copy I/O: every copy of a message's bytes in user space, gone;
 * - zero-allocation JSON: a scan for the two fields that matter, in place of objects;
 * - lock-free pool and queue: objects taken from a pool in place of new ones, and a ring in memory that two threads share in
 *   place of a socket between processes, in batches as the link makes them.
 */
export const worth: Claim = {
  name: 'worth',
  title: 'what zero-copy I/O, zero-allocation JSON and lock-free pools could save at most',
  unit: 'CPU-µs saved at most ÷ CPU-µs per message of all processes',
  rounds: 1,
  warmUps: 0,
  needsBuild: true,
  variants: () => ['copies', 'json', 'pool', 'handover', 'whole'],
  sample,
  conclude: (rounds) => {
    const of = (variant: string, name: string): readonly number[] => series(rounds, variant, name)
    const one = (variant: string, name: string): number => median(of(variant, name))
    const cpu = one('whole', 'cpu_us')
    const zeroCopy = copies * one('copies', 'copy_us')
    const zeroAllocation = one('json', 'objects_us') - one('json', 'scan_us')
    const pool = one('pool', 'fresh_us') - one('pool', 'pooled_us')
    // There and back: the request, and its answer.
    const ring = 2 * (one('handover', 'socket_us') - one('handover', 'ring_us'))
    const saved = zeroCopy + zeroAllocation + pool + ring
    const share = (us: number): number => rounded(us / cpu)
    return {
      ratio: saved / cpu,
      samples: quotients([saved], of('whole', 'cpu_us')),
      figures: {
        cpu_us: rounded(cpu),
        zero_copy: {
          saved_us: rounded(zeroCopy),
          share: share(zeroCopy),
          copies,
          copy_us: rounded(one('copies', 'copy_us')),
          write_us: rounded(one('copies', 'write_us')),
        },
        zero_allocation_json: {
          saved_us: rounded(zeroAllocation),
          share: share(zeroAllocation),
          objects_us: rounded(one('json', 'objects_us')),
          scan_us: rounded(one('json', 'scan_us')),
        },
        lock_free_pool: {
          saved_us: rounded(pool),
          share: share(pool),
          fresh_us: rounded(one('pool', 'fresh_us')),
          pooled_us: rounded(one('pool', 'pooled_us')),
        },
        lock_free_ring: {
          saved_us: rounded(ring),
          share: share(ring),
          socket_us: rounded(one('handover', 'socket_us')),
          ring_us: rounded(one('handover', 'ring_us')),
        },
      },
      bounds: [],
      invalid: null,
    }
  },
}

/** From the kernel's block to a text, from the texts of ack and delivery to their frames, and into and out of the link's batch. */
const copies = 5

async function sample(variant: string, bench: Bench): Promise<Figures> {
  const rounds = bench.options.quick ? 5 : 200
  switch (variant) {
    case 'copies':
      return { copy_us: copyUs(rounds), write_us: await socketWriteUs(frameBytes(0).length, rounds) }
    case 'json':
      return json(rounds)
    case 'pool':
      return pool(rounds)
    case 'handover': {
      const batches = bench.options.quick ? 200 : 5_000
      return { socket_us: await socketFigures(batches), ring_us: await ringFigures(batches) }
    }
    default:
      return { cpu_us: (await underLoad(bench)).cpuUs }
  }
}

const many = 1_000

function copyUs(rounds: number): number {
  const frame = frameBytes(0)
  const block = Buffer.alloc(64 * 1024)
  return microseconds(many * rounds, () => {
    for (let n = 0; n < many * rounds; n++) {
      frame.copy(block, (n * frame.length) % (block.length - frame.length))
    }
  })
}

function json(rounds: number): Figures {
  const frames = Array.from({ length: many }, (_, n) => frameBytes(n))
  const over = (work: (frame: Buffer) => unknown): number =>
    microseconds(many * rounds, () => {
      for (let n = 0; n < many * rounds; n++) kept.value = work(frames[n % many] ?? frameBytes(n))
    })
  return {
    objects_us: over((frame) => JSON.parse(frame.toString('utf8')) as unknown),
    scan_us: over(scanned),
  }
}

type Pooled = {
  origin: unknown
  frame: unknown
  n: number
  verdict: unknown
  request: unknown
  askedAt: number
}

// As many live at a time as one turn of the loop has messages under way.
function pool(rounds: number): Figures {
  const live: Pooled[] = []
  const free: Pooled[] = []
  const make = (n: number): Pooled => ({
    origin: live,
    frame: free,
    n,
    verdict: undefined,
    request: undefined,
    askedAt: 0,
  })
  const taken = (n: number): Pooled => {
    const item = free.pop()
    if (item === undefined) return make(n)
    item.origin = live
    item.frame = free
    item.n = n
    item.verdict = undefined
    item.request = undefined
    item.askedAt = 0
    return item
  }
  const fresh = microseconds(many * rounds, () => {
    for (let n = 0; n < many * rounds; n++) {
      live.push(make(n))
      if (live.length === many) live.length = 0
    }
  })
  live.length = 0
  const pooled = microseconds(many * rounds, () => {
    for (let n = 0; n < many * rounds; n++) {
      live.push(taken(n))
      if (live.length === many) {
        for (const item of live) free.push(item)
        live.length = 0
      }
    }
  })
  return { fresh_us: fresh, pooled_us: pooled }
}
