/** Writes docs/operators.md: what the engine makes of ONNX's own test vectors (Debian package libonnx-testdata). Run with node. */
import { writeFileSync } from "node:fs"
import { haveVectors } from "../test/tensor/onnx/conformance.ts"
import { operatorsPage, runAll } from "../test/tensor/onnx/table.ts"

if (haveVectors) writeFileSync(new URL("../docs/operators.md", import.meta.url), operatorsPage(await runAll()))
else {
  console.error("The test vectors are not installed: apt-get install libonnx-testdata")
  process.exitCode = 1
}
