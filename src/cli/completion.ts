/** A command as a shell's completion sees it. */
export type CompletionNode = {
  readonly name: string
  readonly summary: string
  readonly options: readonly { readonly flag: string; readonly summary: string }[]
  readonly commands: readonly CompletionNode[]
  /** Values its arguments may have. */
  readonly choices: readonly string[]
}

/** A script for `source <(kf completion bash)` and its like. Options that take a folder fall back to file names. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', root: CompletionNode): string {
  switch (shell) {
    case 'bash':
      return bash(root)
    case 'zsh':
      return `#compdef kf\nautoload -U +X bashcompinit && bashcompinit\n${bash(root)}`
    case 'fish':
      return fish(root)
  }
}

function bash(root: CompletionNode): string {
  const cases = walk(root).map(
    ({ path, node }) =>
      `    ${JSON.stringify(path.join(' '))}) words=${JSON.stringify(wordsOf(node).join(' '))} ;;`,
  )
  return `_kf() {
  local path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      -*) ;;
      *) case " ${pathsOf(root).join(' ')} " in *" \${path:+$path/}$word "*) path="\${path:+$path/}$word" ;; esac ;;
    esac
  done
  case "\${path//\\// }" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kf kf
`
}

function fish(root: CompletionNode): string {
  const lines: string[] = []
  for (const { path, node } of walk(root)) {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const condition = path.length === 0 ? '__fish_use_subcommand' : seen
    for (const child of node.commands) {
      lines.push(`complete -c kf -f -n '${condition}' -a ${child.name} -d ${quote(child.summary)}`)
    }
    for (const choice of node.choices) lines.push(`complete -c kf -f -n '${condition}' -a ${choice}`)
    for (const { flag, summary } of node.options) {
      lines.push(`complete -c kf -n '${condition}' -l ${flag.replace(/^--/, '')} -d ${quote(summary)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

type Walked = { readonly path: readonly string[]; readonly node: CompletionNode }

function walk(node: CompletionNode, path: readonly string[] = []): readonly Walked[] {
  return [{ path, node }, ...node.commands.flatMap((child) => walk(child, [...path, child.name]))]
}

function pathsOf(root: CompletionNode): readonly string[] {
  return walk(root).flatMap(({ path }) => (path.length === 0 ? [] : [path.join('/')]))
}

function wordsOf(node: CompletionNode): readonly string[] {
  return [
    ...node.commands.map((child) => child.name),
    ...node.choices,
    ...node.options.map((option) => option.flag),
  ]
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
