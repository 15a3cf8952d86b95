import { openFolder } from '../config/folder.ts'
import { watchFolder } from '../config/watch-folder.ts'
import { errorLines } from '../errors.ts'
import { exitCodes } from '../exit-codes.ts'
import { type ApplyFlags, apply } from './config-apply.ts'
import type { CommandContext } from './table.ts'

/**
 * What editors do for one save (truncate, write, rename) is over within this, so that a half-written file, which may well be
 * valid, is not taken for the edit.
 */
const quietMs = 300

/** `kf config apply --watch`: applies what is there, then each saved edit, until a signal. What is refused is said, and waited on. */
export async function applyEach(flags: ApplyFlags, context: CommandContext): Promise<void> {
  const { state, texts, exit } = context
  const { path } = await openFolder(flags.dir, state.cwd)
  const stopped = Promise.withResolvers<undefined>()
  let timer: NodeJS.Timeout | undefined
  let queue = Promise.resolve()
  const once = async (): Promise<void> => {
    try {
      await apply({ ...flags, yes: true }, context)
    } catch (error) {
      state.err.write(errorLines(error, texts, state.env['KF_DEBUG'] === '1'))
    }
  }
  const leave = watchFolder(path, () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      queue = queue.then(once)
    }, quietMs)
  })
  const forget = state.onSignal(() => {
    stopped.resolve(undefined)
  })
  try {
    queue = queue.then(once)
    await stopped.promise
  } finally {
    forget()
    clearTimeout(timer)
    leave()
    await queue
  }
  exit.code = exitCodes.done
}
