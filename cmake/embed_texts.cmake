# embed_texts(SOURCE HEADER NAMESPACE name file [name file]...): generates a C++ file that defines each of the names, of
# type std::string_view and declared in HEADER, as the text of its file.
function(embed_texts source header namespace)
  set(text "#include \"${header}\"\n\nnamespace ${namespace} {\n\n")
  while(ARGN)
    list(POP_FRONT ARGN name file)
    file(READ ${file} content)
    string(APPEND text "const std::string_view ${name} = R\"hwcost(${content})hwcost\";\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  endwhile()
  string(APPEND text "\n}  // namespace ${namespace}\n")
  file(CONFIGURE OUTPUT ${source} CONTENT "@text@" @ONLY)
endfunction()
