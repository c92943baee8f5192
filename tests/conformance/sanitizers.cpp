// OpenSSL keeps an error queue and random generators for each thread, and frees them when the
// thread ends. The library's two threads end after OpenSSL's own end, so the leak sanitizer finds
// what they had: so much for each thread, however many requests there were.
//
// Their stacks are readable only when unwound the slow way (OpenSSL is built without frame
// pointers); without that the suppression would have to cover all of OpenSSL's memory.

#if defined(__SANITIZE_ADDRESS__)
extern "C" {
const char* __asan_default_options() {
  return "fast_unwind_on_malloc=0";
}
const char* __lsan_default_suppressions() {
  return "leak:ERR_clear_error\n"
         "leak:ERR_new\n"
         "leak:ERR_vset_error\n"
         "leak:ERR_set_mark\n"
         "leak:RAND_get0_private\n"
         "leak:RAND_get0_public\n";
}
}
#endif
