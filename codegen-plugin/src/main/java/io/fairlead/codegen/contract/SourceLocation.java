package io.fairlead.codegen.contract;

/**
 * A place in a .proto file, counted from one; line and column are zero where the compiler did not
 * say.
 */
record SourceLocation(String file, int line, int column) {
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line + ":" + column;
  }
}
