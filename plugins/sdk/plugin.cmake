# reelspool_plugin(NAME SOURCE... [CATALOGUE FILE] [LIBRARIES TARGET...] [DIRECTORY DIR])
#
# A provider plugin: NAME.so, a module with one exported symbol (hidden visibility and a version script). The target is
# plugin_NAME. It is built into DIRECTORY, by default the current binary directory. In reelspool's own tree the default is the
# plugins folder, and it is installed: what lies there is granted all that it asks for, so other plugins are not.
# CATALOGUE: a JSON file whose text is compiled in, as `compiled_catalogue` of the header "NAME_catalogue.hpp"; it is installed
# too, for an operator to read.
function(reelspool_plugin name)
  cmake_parse_arguments(arg "" "DIRECTORY;CATALOGUE" "LIBRARIES" ${ARGN})
  set(target plugin_${name})
  set(map ${REELSPOOL_SDK_DIR}/plugin.map)
  add_library(${target} MODULE ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE reelspool::sdk ${arg_LIBRARIES})
  target_link_options(${target} PRIVATE LINKER:--version-script=${map})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LINK_DEPENDS ${map}
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(arg_CATALOGUE)
    file(READ ${arg_CATALOGUE} catalogue)
    file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/catalogue/${name}_catalogue.hpp @ONLY CONTENT
      "#pragma once\n// From ${arg_CATALOGUE}\ninline constexpr char compiled_catalogue[] = R\"json(${catalogue})json\";\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${arg_CATALOGUE})
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/catalogue)
    if(REELSPOOL_PLUGIN_DIR AND NOT arg_DIRECTORY)
      install(FILES ${arg_CATALOGUE} DESTINATION share/reelspool/catalogues RENAME ${name}.json)
    endif()
  endif()
  if(arg_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${arg_DIRECTORY})
  elseif(REELSPOOL_PLUGIN_DIR)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${REELSPOOL_PLUGIN_DIR})
    install(TARGETS ${target} LIBRARY DESTINATION lib/reelspool/plugins)
  endif()
endfunction()
