import { createInterface } from 'node:readline'
import { healLog } from './guard-heal.ts'

/**
 * The guard: `node guard-process.ts UNDO-LOG`. It heals what the log has open when its input ends (the harness is gone), when it
 * is told `heal`, or when the ttl that `arm MS` gave is over. `bye` ends it without: all was healed, or is left to the next start.
 * It says `ready`, and after healing `healed {"healed":2,"left":[],"why":"ttl"}`.
 */
const [, , file = ''] = process.argv
let timer: NodeJS.Timeout | undefined
let healing: Promise<void> | undefined
let goodbye = false

// Of a terminal's signals none is for the guard: it outlives the harness.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGPIPE'] as const) process.on(name, () => undefined)
process.stdout.on('error', () => undefined)

const input = createInterface({ input: process.stdin })
input.on('line', (line) => {
  const [word, argument] = line.split(' ')
  if (word === 'arm') {
    timer ??= setTimeout(() => void heal('ttl'), Number(argument))
  } else if (word === 'heal') void heal('told')
  else if (word === 'bye') {
    goodbye = true
    input.close()
  }
})
input.on('close', () => {
  clearTimeout(timer)
  // NOTE: the harness holds the other end until this process is gone, and a paused pipe keeps a process alive.
  process.stdin.destroy()
  void (goodbye ? healing : heal('gone'))
})
process.stdout.write('ready\n')

function heal(why: 'ttl' | 'told' | 'gone'): Promise<void> {
  const before = healing ?? Promise.resolve()
  healing = before.then(async () => {
    const { healed, left } = await healLog(file)
    process.stdout.write(`healed ${JSON.stringify({ healed, left, why })}\n`)
  })
  return healing
}
