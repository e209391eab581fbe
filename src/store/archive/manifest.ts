/** `manifest-sha256.txt`: a line `DIGEST  PATH` for each file, as `sha256sum` writes and checks it. Pure. */

export const manifestText = (files: Iterable<{ readonly path: string; readonly digest: string }>): string => {
  let text = ""
  for (const { digest, path } of files) text += `${digest}  ${path}\n`
  return text
}

/** Path -> digest; undefined for what is no manifest, or names a file twice. */
export const readManifest = (text: string): ReadonlyMap<string, string> | undefined => {
  const digests = new Map<string, string>()
  for (const line of text.split("\n")) {
    if (line === "") continue
    const [, digest, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
    if (digest === undefined || path === undefined || digests.has(path)) return undefined
    digests.set(path, digest)
  }
  return digests
}
