#pragma once
// Gives back what only the start needed.
//
// Finding symbols, loading keys and reading the first lists touch megabytes of libraries and heap
// that are never looked at again, but stay resident: more than all the rest of a small operator.
//
// Threads: safe from any, at any time. Errors: none; what cannot be given back stays.

namespace bootstrap::runtime {

// Lets go of the unchanged pages of the program and its libraries, and of free heap. What is needed
// again comes back from the page cache, at the price of some page faults.
void release_unused_memory();

}  // namespace bootstrap::runtime
