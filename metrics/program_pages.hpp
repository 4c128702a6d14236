#pragma once

namespace holystone::metrics {

/// Gives back the pages of the program and its libraries that nothing has
/// written to. Linking, starting and reading lists touched most of them for
/// once; what is needed again comes back from the page cache.
void return_program_pages();

} // namespace holystone::metrics
