# Debian's packages of these ship neither a CMake configuration nor, some of
# them, a .pc file.
function(holystone_plain_library target header library)
  string(MAKE_C_IDENTIFIER "${library}" name)
  find_path(${name}_INCLUDE_DIR "${header}" REQUIRED)
  find_library(${name}_LIBRARY "${library}" REQUIRED)
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${${name}_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${${name}_INCLUDE_DIR}")
endfunction()

holystone_plain_library(caf::core caf/all.hpp caf_core)
holystone_plain_library(jemalloc::jemalloc jemalloc/jemalloc.h jemalloc_pic)
holystone_plain_library(LZ4::LZ4 lz4.h lz4)
