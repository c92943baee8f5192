#pragma once
// Which arguments of a command line are program text: what follows "-c" of a shell or "-e" of perl.
// A value pasted into such text could be a command, so no reference may stand there.
//
// It looks for the name of an interpreter anywhere ("env bash -c …", "timeout 10 sh -c …") and
// reads its options up to the script file, so that "bash deploy.sh -c $(params.x)" is not program
// text and neither is what follows the text: sh -c 'echo "$1"' sh $(params.x). It errs on the safe
// side. What a tool does with its own arguments (awk, sed, ssh, su -c, xargs) is not known here.
//
// Pure function.

#include <cstddef>
#include <string>
#include <vector>

namespace bootstrap {

// Whether the program is read from standard input: "sh", "bash -s", "python3 -".
bool reads_program_from_stdin(const std::vector<std::string>& arguments);

// Indexes into `arguments`, ascending.
std::vector<std::size_t> program_texts(const std::vector<std::string>& arguments);

}  // namespace bootstrap
