// What stands for fflate in the command line's bundles: 200 KB of tables, which hardly a run needs, are made when
// something is compressed, and are not in a start-up snapshot. It is fflate's version for browsers, as that for Node asks
// for worker_threads: from a snapshot that holds it no thread can be started.

export function zlibSync(data, options) {
  return require("../node_modules/fflate/esm/browser.js").zlibSync(data, options);
}

export function unzlibSync(data, options) {
  return require("../node_modules/fflate/esm/browser.js").unzlibSync(data, options);
}
