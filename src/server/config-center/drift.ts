import type { RevisionRecord } from '../storage/revisions.ts'
import { hashOfTexts } from './language.ts'
import { driftOf } from './start.ts'
import { baseNote, type TransactionPorts } from './transaction.ts'
import type { ConfigDrift } from './wire.ts'

/** Whether the node's own files and the live revision were both changed while it was down; it ends when they agree again. */
export class Drift {
  readonly #ports: Pick<TransactionPorts, 'disk' | 'log' | 'node' | 'store'>
  #found: ConfigDrift | null = null

  constructor(ports: Pick<TransactionPorts, 'disk' | 'log' | 'node' | 'store'>) {
    this.#ports = ports
  }

  get found(): ConfigDrift | null {
    return this.#found
  }

  /** What a start found; said once in the log, too. */
  begin(found: ConfigDrift | null, revision: number): void {
    this.#found = found
    if (found === null) return
    const files = found.files.join(', ')
    const message = `revision ${revision} stays live; files on the disk differ from it: ${files} (${found.command})`
    this.#ports.log.warn({ revision }, message)
  }

  /** The live revision is what the disk holds. */
  end(): void {
    this.#found = null
  }

  /** Reads the files again where they differed: they may have been edited since. */
  async look({ files, revision }: RevisionRecord): Promise<void> {
    if (this.#found === null) return
    const { disk, node, store } = this.#ports
    const onDisk = await disk().catch(() => undefined)
    if (onDisk === undefined) return
    if (hashOfTexts(onDisk) === hashOfTexts(files)) {
      await store.commit([baseNote(node, onDisk, revision)])
      this.end()
    } else this.#found = driftOf(onDisk, files)
  }
}
