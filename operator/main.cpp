#include "operator/application.h"
#include "operator/options.h"

int main(int argc, char** argv) {
  const auto options = bootstrap::parse_command_line(argc, argv);
  if (const int* exit_code = std::get_if<int>(&options)) return *exit_code;
  return bootstrap::run_operator(std::get<bootstrap::ProcessOptions>(options));
}
