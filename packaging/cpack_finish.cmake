# Run by cpack when it has packed. The packages are packed again by dpkg-deb: cpack's own archives take modes from the umask
# of whoever builds, and dpkg-deb's are what Debian's tools expect.
foreach(file IN LISTS CPACK_PACKAGE_FILES)
  set(tree "${file}.tree")
  foreach(command IN ITEMS
      "rm -rf '${tree}'"
      "dpkg-deb --raw-extract '${file}' '${tree}'"
      "find '${tree}' -type d -exec chmod 755 {} +"
      # With more threads xz cuts its blocks in another way.
      "dpkg-deb --root-owner-group --threads-max=1 -Zxz --build '${tree}' '${file}'"
      "rm -rf '${tree}'")
    execute_process(COMMAND sh -c "${command}" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endforeach()
