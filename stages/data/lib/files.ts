/** Files of the project that data stages read whole. */
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { Effect, StageError } from "../../../src/stage.ts"

/** The bytes of a file. With `md5`, its digest must be that one. Fails naming the file. */
export const readBytes = (path: string, md5?: string): Effect.Effect<Uint8Array, StageError> =>
  Effect.suspend(() => {
    if (!existsSync(path)) return new StageError({ message: `No file at ${path}.`, hint: "Put the file there, or name the one that you have, from the project's folder." })
    const bytes = readFileSync(path)
    const found = md5 === undefined ? undefined : createHash("md5").update(bytes).digest("hex")
    return found === md5 ? Effect.succeed(bytes) : new StageError({
      message: `${path} is not the published file: its MD5 is ${found}, expected ${md5}.`,
      hint: "Fetch the set again, or set `check: false` to read another one."
    })
  })
