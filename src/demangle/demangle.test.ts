import fc from "fast-check";
import { expect, test } from "vitest";
import { demangle } from "./index.ts";

test.each([
  ["main", "main"],
  ["_Z1hv", "h()"],
  ["_ZN1n1fEiPKc", "n::f(int, char const*)"],
  ["_ZTVN1n1VE", "vtable for n::V"],
  ["_ZN1n1VC2Ev", "n::V::V()"],
  ["_ZN1n1VD0Ev", "n::V::~V()"],
  ["_ZNK3foo3barEv", "foo::bar() const"],
  ["_Z3fooIiET_S0_", "int foo<int>(int)"],
  ["_Z1fPFvicE", "f(void (*)(int, char))"],
  ["_Z1fRA4_Kc", "f(char const (&) [4])"],
  ["_Z1fM1AFivE", "f(int (A::*)())"],
  ["_ZN12_GLOBAL__N_11xE", "(anonymous namespace)::x"],
  ["_ZNSt6vectorIiSaIiEE9push_backERKi", "std::vector<int, std::allocator<int> >::push_back(int const&)"],
  ["_ZNSs6appendEPKc", "std::string::append(char const*)"],
  ["_ZNSsC1Ev", "std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string()"],
  ["_ZlsRSoRK1A", "operator<<(std::ostream&, A const&)"],
  ["_ZN1AcvbEv", "A::operator bool()"],
  ["_Z1fIJicEEvDpOT_", "void f<int, char>(int&&, char&&)"],
  ["_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"],
  ["_Z3foov.constprop.0", "foo() [clone .constprop.0]"],
  // As GNU c++filt 2.40: a suffix of data is no clone, and addresses of functions have their own rules.
  ["_ZL19write_callback_info.0", "_ZL19write_callback_info.0"],
  ["_ZN12ELFAsmParser5parseIXadL_ZNS_4sectEiEEEEvv", "void ELFAsmParser::parse<&ELFAsmParser::sect>()"],
  [
    "_ZN12ELFAsmParser5parseIXadL_ZNKS_4sectEiEEEEvv",
    "void ELFAsmParser::parse<&(ELFAsmParser::sect(int) const)>()",
  ],
  ["_Z3runIZ3addI1GERT_1VIS2_ES3_EUlvE_EDcOS2_", "decltype(auto) run<add<G>(V<G>, G&)::{lambda()#1}>(G&&)"],
  [
    "_ZN4main3jit7Session9runLockedIZNS0_7Library3addINS0_9GeneratorEEERT_St10unique_ptrIS6_St14default_deleteIS6_EEEUlvE_EEDcOS6_",
    "decltype(auto) main::jit::Session::runLocked<main::jit::Library::add<main::jit::Generator>(std::unique_ptr<main::jit::Generator, std::default_delete<main::jit::Generator> >)::{lambda()#1}>(main::jit::Library::add<main::jit::Generator>(std::unique_ptr<main::jit::Generator, std::default_delete<main::jit::Generator> >)::{lambda()#1}&&)",
  ],
  ["_ZL6DecodeILb0EXadL_ZL3subiEEEvv", "void Decode<false, &(sub(int))>()"],
  [
    "_ZNSt5tupleIJRiiEEaSIiiEENSt9enable_ifIXcl12__assignableIT_T0_EEERS_E4typeEi",
    "std::enable_if<(__assignable<int, int>)(), std::tuple&>::type std::tuple<int&, int>::operator=<int, int>(int)",
  ],
  // A repeated template parameter means what it means where it is repeated.
  [
    "_ZSt6insertIPZ1fIiEvT_EUlRKS1_E_EvS1_S1_",
    "void std::insert<f<int>(int)::{lambda(auto:1 const&)#1}*>(f<int>(int)::{lambda(auto:1 const&)#1}*, f<int>(int)::{lambda(auto:1 const&)#1}*)",
  ],
  [
    "_ZZNSt9once_flag18_Prepare_executionC1IZSt9call_onceIRFvvEJEEvRS_OT_DpOT0_EUlvE_EERS6_ENUlvE_8__invokeEv",
    "std::once_flag::_Prepare_execution::_Prepare_execution<std::call_once<void (&)()>(std::once_flag&, void (&)())::{lambda()#1}>(void (&)())::{lambda()#1}::__invoke()",
  ],
  ["_ZThn8_N1B1fEv", "non-virtual thunk to B::f()"],
  ["_ZGVZ1fvE1s", "guard variable for f()::s"],
  ["_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write"],
  [
    "_ZN50_$LT$T$u20$as$u20$core..convert..Into$LT$U$GT$$GT$4into17h0123456789abcdefE",
    "<T as core::convert::Into<U>>::into",
  ],
  ["_ZN", "_ZN"],
  ["_Z1fS_", "_Z1fS_"],
])("%s is %s", (mangled, text) => {
  expect(demangle(mangled)).toBe(text);
});

test("LLVM's words for lambdas and clones", () => {
  expect(demangle("_ZZ4mainENKUliE_clEi", "llvm")).toBe("main::'lambda'(int)::operator()(int) const");
  expect(demangle("_Z3foov.cold", "llvm")).toBe("foo() (.cold)");
});

test("any text gives some text, soon", () => {
  const alphabet = fc.constantFrom(..."_ZNESTIJDXLRPKFA0123459abcdivlt".split(""));
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 60 }), (letters) => {
      const name = `_Z${letters.join("")}`;
      expect(typeof demangle(name)).toBe("string");
    }),
    { numRuns: 2000 },
  );
});
