import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/**
 * Calls `changed` after each change of a folder's files, also when the folder itself is renamed away, removed, made anew or exchanged
 * for another: what is watched is the name, not the folder that has it now. Returns the end of it. Throws when the folder above
 * cannot be watched.
 */
export function watchFolder(path: string, changed: () => void): () => void {
  let inner: FSWatcher | undefined
  const enter = (): void => {
    inner?.close()
    inner = undefined
    try {
      inner = watch(path, (_event, name) => {
        if (name === null || isOfInterest(name)) changed()
      })
      // It is gone; the folder above tells when there is another.
      inner.on('error', changed)
    } catch {
      // Not there: as above.
    }
  }
  const name = basename(path)
  const outer = watch(dirname(path), (_event, other) => {
    if (other !== null && other !== name) return
    enter()
    changed()
  })
  outer.on('error', changed)
  enter()
  return () => {
    outer.close()
    inner?.close()
  }
}

// NOTE: `..data` is the link that Kubernetes exchanges when a mounted ConfigMap changes; the files' own links stay.
function isOfInterest(name: string): boolean {
  return name === '..data' || (name.endsWith('.toml') && !/^[.#~]/.test(name))
}
