# What deploy/ and docker/ promise, against the built programs and the tools of an operator.
foreach(name deploy_units deploy_config deploy_packages deploy_prometheus)
  add_test(NAME ${name} COMMAND ${CMAKE_CURRENT_LIST_DIR}/${name}.py ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/bin)
  set_tests_properties(${name} PROPERTIES LABELS interop TIMEOUT 120)
endforeach()
