#include "metrics/program_pages.hpp"

#include <cstddef>

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

namespace holystone::metrics {

namespace {

int return_pages_of(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<ElfW(Addr)>(getpagesize());
  for (auto i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    // A segment that can be written holds what the linker has written.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0)
      continue;
    auto begin = object->dlpi_addr + segment.p_vaddr;
    auto end = begin + segment.p_memsz;
    begin -= begin % page;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the linker tells addresses
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  return 0;
}

} // namespace

void return_program_pages() {
  dl_iterate_phdr(return_pages_of, nullptr);
}

} // namespace holystone::metrics
