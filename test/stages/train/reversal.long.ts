/**
 * A sequence model learns a task whose answer is known: `node test/stages/train/reversal.long.ts` trains a small transformer to write words of one to
 * ten letters backwards until it is right on more than 99 % of new words as a whole. Exits 1 when it has not learned that in its epochs.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { InputFile } from "../../../src/stage/protocol.ts"
import { readTable } from "../../../src/table/read.ts"
import seq2seq from "../../../stages/train/seq2seq.ts"
import { backwards, writePairs } from "./pairs.ts"

const wanted = 0.99
const folder = mkdtempSync(join(tmpdir(), "reprise-reversal-"))
process.on("exit", () => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, "scratch"))

const table = (path: string): ReadonlyArray<InputFile> => [{ path, kind: "table", digest: "", mediaType: "", coordinates: {} }]
const train = writePairs(folder, "train", backwards(8000, 10), 11)
const decoded = seq2seq.decode({
  model: "configs/models/transformer-mini.yaml", settings: { features: 32, depth: 2, heads: 4, positions: 11, dropout: 0 },
  epochs: 6, batch: 32, rate: 0.003, warm_up: 0.3, source_lengths: 2, target_lengths: 1, seed: 0
})
if (!decoded.ok) throw new Error("The stage does not take these parameters.")
const outcome = await seq2seq.execute({
  id: "reversal",
  params: decoded.params,
  inputs: { train: table(train.pairs), vocabulary: table(train.vocabulary), validation: table(writePairs(folder, "validation", backwards(1000, 10, "new words"), 11).pairs) },
  outputs: Object.fromEntries(Object.keys(seq2seq.outputs).map((output) => [output, join(folder, output)])),
  scratch: join(folder, "scratch"),
  checkpoint: join(folder, "checkpoint"),
  project: join(import.meta.dirname, "../../.."),
  threads: 1,
  backend: "cpu"
}, { emit: (event) => event.type === "metric" && event.name === "validation_sequences" ? console.log(`epoch ${event.step}: ${(100 * event.value).toFixed(1)} % of the new words`) : undefined, signal: new AbortController().signal })
if (!outcome.ok) throw new Error(outcome.error.message)
const { columns, rows } = readTable(join(folder, "epochs"))
const reached = Number(columns["validation_sequences"]?.[rows - 1])
if (reached <= wanted) {
  console.log(`FAILED: ${(100 * reached).toFixed(1)} % of the new words are right, and more than ${100 * wanted} % are wanted.`)
  process.exit(1)
}
