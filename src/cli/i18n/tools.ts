/** What `kf tools` says. */
export const toolsEn = {
  summary: 'install and list the programs of others that kf starts: toxiproxy, k6',
  install: 'find, build or download tools at their pinned versions into the cache folder',
  list: 'list tools: version, where found, licence, how to get them',
  names: 'toxiproxy, k6',
  release: 'take the published release even where Go could build it',
  sha256: 'SHA-256 of the release; only with one name',
  lock: 'checksum file with the SHA-256 of releases, as sha256sum writes it; ./tools.lock is read when it is there',
  json: 'print JSON',
  columns: {
    name: 'tool',
    version: 'version',
    pinned: 'made for',
    where: 'where',
    licence: 'licence',
    get: 'to get it',
  },
  absent: 'absent',
  unknownVersion: '?',
  building: (name: string, version: string, go: string) => `${name} ${version}: building with Go in ${go} …`,
  downloading: (name: string, version: string, url: string) => `${name} ${version}: downloading ${url} …`,
  still: (seconds: number) => `… ${seconds} s`,
  installed: (name: string, version: string, path: string) => `${name} ${version} is in ${path}`,
  found: (name: string, version: string, path: string) => `${name} ${version} is there already: ${path}`,
  otherVersion: (name: string, wanted: string, variable: string) =>
    `${name}: kf is made for ${wanted}; ${variable} can name another program`,
  k6Licence:
    'k6 is licensed under the AGPL-3.0. It is a separate program that you run; kf contains no part of it and only starts it.',
}

export const toolsZh: typeof toolsEn = {
  summary: '安装和列出 kf 会启动的第三方程序：toxiproxy、k6',
  install: '按固定版本查找、编译或下载工具，放入缓存目录',
  list: '列出工具：版本、位置、许可证、获取方法',
  names: 'toxiproxy、k6',
  release: '即使能用 Go 编译，也使用发布的二进制',
  sha256: '发布文件的 SHA-256；只能与一个名称一起使用',
  lock: '含发布文件 SHA-256 的校验文件，格式与 sha256sum 相同；有 ./tools.lock 时自动读取',
  json: '以 JSON 输出',
  columns: {
    name: '工具',
    version: '版本',
    pinned: '适配版本',
    where: '位置',
    licence: '许可证',
    get: '获取方法',
  },
  absent: '未安装',
  unknownVersion: '?',
  building: (name, version, go) => `${name} ${version}：正在用 ${go} 中的 Go 编译……`,
  downloading: (name, version, url) => `${name} ${version}：正在下载 ${url}……`,
  still: (seconds) => `……已用 ${seconds} 秒`,
  installed: (name, version, path) => `${name} ${version} 已安装到 ${path}`,
  found: (name, version, path) => `${name} ${version} 已存在：${path}`,
  otherVersion: (name, wanted, variable) =>
    `${name}：kf 适配的版本是 ${wanted}；可用 ${variable} 指定其他程序`,
  k6Licence: 'k6 采用 AGPL-3.0 许可证。它是由您运行的独立程序；kf 不包含它的任何部分，只负责启动它。',
}
