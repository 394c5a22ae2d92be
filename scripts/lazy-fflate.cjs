// What stands for fflate in the command line's bundles: 200 KB of tables, which hardly a run needs, are made when
// something is compressed, and are not in a start-up snapshot. It is fflate's version for browsers, as that for Node asks
// for worker_threads: from a snapshot that holds it no thread can be started.
const fflate = () => require("../node_modules/fflate/esm/browser.js");

exports.zlibSync = (data, options) => fflate().zlibSync(data, options);
exports.unzlibSync = (data, options) => fflate().unzlibSync(data, options);
