// Loaded into jsii's Node.js by `--require` (see fast_loading.py).
//
// A prebuilt CDKTF provider's lib/index.js requires each of its ~2,200 modules at once; compiling
// them is most of a synthesis (hashicorp/terraform-cdk #3753). Here every `exports.x =
// require("./y")` of such an index becomes a getter that requires on first use. An index of any
// other shape is compiled as it stands.
"use strict";

const fs = require("fs");
const Module = require("module");

const INDEX = /[\\/]@cdktf[\\/]provider-[^\\/]+[\\/](?:.*[\\/])?lib[\\/]index\.js$/;
const REQUIRE = /^exports\.(\w+) = require\("(\.\/[\w-]+)"\);$/gm;
const ANY_REQUIRE = /\brequire\(/g;

const compileStock = Module._extensions[".js"];

Module._extensions[".js"] = function (module, filename) {
  if (!INDEX.test(filename)) {
    return compileStock(module, filename);
  }
  const source = fs.readFileSync(filename, "utf8");
  const eager = (source.match(ANY_REQUIRE) || []).length;
  let deferred = 0;
  const lazy = source.replace(REQUIRE, (_, name, path) => {
    deferred += 1;
    return (
      `Object.defineProperty(exports, "${name}", ` +
      `{ enumerable: true, configurable: true, get: () => require("${path}") });`
    );
  });
  if (deferred === 0 || deferred !== eager) {
    console.error(`${filename} is not the index of a prebuilt provider as known: loading all of it`);
    return compileStock(module, filename);
  }
  return module._compile(lazy, filename);
};
