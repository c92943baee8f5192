#pragma once
// Gives memory back that only the start needed.
//
// The dynamic loader reads every symbol and relocation table of every library once, and much code
// runs once; on an idle operator that is most of what it has resident. Dropping those pages costs
// nothing but the page fault that brings one back should it be needed after all: they are clean
// copies of files.
//
// Threads: safe from any. Errors: none; where the kernel will not, nothing changes.

namespace bootstrap::runtime {

// To be called once, when the start is over.
void release_startup_memory();

}  // namespace bootstrap::runtime
