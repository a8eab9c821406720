# The one place where a compiler flag may stand.
add_library(casetap_flags INTERFACE)
target_compile_features(casetap_flags INTERFACE c_std_11)
target_compile_definitions(casetap_flags INTERFACE
    _GNU_SOURCE _FILE_OFFSET_BITS=64 CASETAP_VERSION="${PROJECT_VERSION}")
target_include_directories(casetap_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)
set(FORTIFY ON)
if(SANITIZE OR COVERAGE)
    set(FORTIFY OFF)
endif()
target_compile_options(casetap_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wvla -Wundef -Wno-unused-parameter
    -fstack-protector-strong -fno-strict-aliasing -fno-common
    $<$<BOOL:${WERROR}>:-Werror>
    $<$<BOOL:${FORTIFY}>:$<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>>)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
target_link_options(casetap_flags INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed)
if(SANITIZE)
    target_compile_options(casetap_flags INTERFACE -fsanitize=${SANITIZE} -fno-omit-frame-pointer)
    target_link_options(casetap_flags INTERFACE -fsanitize=${SANITIZE})
    target_compile_definitions(casetap_flags INTERFACE CASETAP_SANITIZED=1)
endif()
if(COVERAGE)
    target_compile_options(casetap_flags INTERFACE --coverage -fprofile-update=atomic -O0)
    target_link_options(casetap_flags INTERFACE --coverage -Wl,--wrap=_exit)
    target_sources(casetap_flags INTERFACE ${CMAKE_CURRENT_LIST_DIR}/coverage.c)
    # What was reached is written when a program ends, from inside its sandbox.
    target_compile_definitions(casetap_flags INTERFACE CASETAP_SANITIZED=1)
endif()
if(FUZZ)
    target_compile_options(casetap_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
