/** Writes a run into an archive that can be opened elsewhere (places.ts says what lies in it). */
import { existsSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Effect } from "effect"
import { ArchiveError, archiveError } from "./archive-error.ts"
import { type Outgoing, writeContainer } from "./container.ts"
import { fileOf, textFile, type RunContents } from "./contents.ts"
import { crateOf } from "./crate.ts"
import { manifestText } from "./manifest.ts"
import { archiveFormat, type ArchiveHeader, crateFile, headerFile, isSafePath, manifestFile, projectPath, readmeFile } from "./places.ts"

export interface WriteOptions {
  /** Files that go along from the project's folder, by their paths in it. The pipeline file is added as the run kept it. */
  readonly project: { readonly folder: string; readonly files: ReadonlyArray<string> }
  /** Where the archive is to lie; its suffix says how it is compressed. */
  readonly output: string
  /** Replaces a file that is there. */
  readonly overwrite: boolean
  readonly reprise: string
  readonly license: string
  readonly created: Date
  /** Told how many of how many bytes have been written, before compression. */
  readonly onProgress?: (bytes: number, of: number) => void
}

export interface Written {
  readonly files: number
  readonly bytes: number
  readonly objects: number
  readonly leftOut: number
  /** Of the project, the pipeline's with them. */
  readonly projectFiles: number
}

/** Tasks of a run that has more are not described one by one in the crate: a line for each is in tasks.ndjson. */
const mostTasks = 2_000

export const writeArchive = Effect.fn("writeArchive")(function*(contents: RunContents, options: WriteOptions): Effect.fn.Return<Written, ArchiveError> {
  const { output } = options
  if (!options.overwrite && existsSync(output)) {
    return yield* new ArchiveError({ message: `${output} is there already.`, hint: "Name another file with --output, or replace it with --force." })
  }
  const files = yield* Effect.try({ try: () => filesOf(contents, options), catch: (cause) => archiveError(`read the files of ${contents.run.id}`, cause) })
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const draft = `${output}.${process.pid}.part`
  yield* writeContainer(draft, output, counted(files, total, options.onProgress), options.created).pipe(
    Effect.andThen(Effect.try({ try: () => renameSync(draft, output), catch: (cause) => archiveError(`write ${output}`, cause) })),
    Effect.ensuring(Effect.sync(() => rmSync(draft, { force: true })))
  )
  return { files: files.length, bytes: total, objects: contents.objects.size, leftOut: contents.leftOut.size, projectFiles: files.filter(({ path }) => path.startsWith(projectPath(""))).length }
})

function* counted(files: ReadonlyArray<Outgoing>, total: number, onProgress: (bytes: number, of: number) => void = () => undefined): Generator<Outgoing> {
  let done = 0
  for (const file of files) {
    yield file
    onProgress(done += file.bytes, total)
  }
}

/** Where the run found it, if that is inside the project and a name that every system takes. */
const pipelinePathOf = ({ pipeline, run }: RunContents): string | undefined =>
  pipeline === undefined ? undefined : projectPath(isSafePath(run.file) ? run.file : "pipeline.yaml")

/** All files of the archive, what is to be read first before the rest. */
const filesOf = (contents: RunContents, options: WriteOptions): ReadonlyArray<Outgoing> => {
  const pipelinePath = pipelinePathOf(contents)
  const project = [
    ...(contents.pipeline === undefined || pipelinePath === undefined ? [] : [textFile(pipelinePath, contents.pipeline)]),
    ...options.project.files.filter((path) => projectPath(path) !== pipelinePath && isSafePath(path)).map((path) => fileOf(projectPath(path), join(options.project.folder, path)))
  ]
  const crate = crateOf(contents, {
    pipelinePath,
    projectFiles: project.map(({ path }) => path).filter((path) => path !== pipelinePath),
    reprise: options.reprise,
    created: options.created,
    license: options.license,
    mostTasks
  })
  const described = [textFile(crateFile, JSON.stringify(crate, null, 1)), textFile(readmeFile, readmeOf(contents, pipelinePath, options))]
  const rest = [...described, ...project, ...contents.files]
  const sized = (files: ReadonlyArray<Outgoing>) => files.reduce((sum, { bytes }) => sum + bytes, 0)
  // The header says how much there is, the manifest what: of the header, too, whose length does not depend on the manifest's digests.
  const header = (manifestBytes: number) => textFile(headerFile, JSON.stringify({
    format: archiveFormat,
    reprise: options.reprise,
    created: options.created.toISOString(),
    run: contents.run.id,
    pipeline: contents.run.pipeline,
    files: rest.length + 1,
    bytes: sized(rest) + manifestBytes,
    leftOut: contents.leftOut.size
  } satisfies ArchiveHeader))
  const manifest = (first: Outgoing) => textFile(manifestFile, manifestText([first, ...rest]))
  const first = header(manifest(header(0)).bytes)
  return [first, manifest(first), ...rest]
}

const readmeOf = ({ leftOut, pipeline, run }: RunContents, pipelinePath: string | undefined, { created, reprise }: WriteOptions): string => {
  const inside = pipelinePath?.slice("project/".length)
  return `# ${run.pipeline}: run ${run.id}

Written by Reprise ${reprise} on ${created.toISOString().slice(0, 10)}. The run was made by

    ${run.command.join(" ")}

and ${run.status}: ${run.counts.total} tasks, ${run.counts.failed} failed.${leftOut.size === 0 ? "" : ` ${leftOut.size} of its results were left out of this archive.`}

- \`project/\`: ${pipeline === undefined ? "files of the project" : "the pipeline file as it was, the project's own stages, and the files that parameters name"}.
- \`results/\`: every result, named by the SHA-256 of its bytes; \`results/runs/${run.id}/tasks.ndjson\` says what each task came to.
  Tables are Arrow files: \`pandas.read_feather\`, \`polars.read_ipc\` and R's \`arrow::read_feather\` read them.
- \`ro-crate-metadata.json\`: the same for other programs, as RO-Crate 1.1.
- \`manifest-sha256.txt\`: \`sha256sum --check manifest-sha256.txt\` checks every byte.

With Reprise, without unpacking:

    reprise import ARCHIVE --unpack FOLDER
    cd FOLDER
${inside === undefined ? "    reprise query" : `    reprise check '${inside}'\n    reprise query`}
`
}
