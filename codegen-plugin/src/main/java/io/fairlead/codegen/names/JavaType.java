package io.fairlead.codegen.names;

import org.jspecify.annotations.Nullable;

/**
 * A Java type as generated code names it.
 *
 * @param packageName its package, empty for the default one
 * @param owner the class around the part that is imported, empty for a top-level class; it is the
 *     file's class for messages that protoc nests there
 * @param path the name that follows an import: {@code Order}, or {@code Order.Line} for a nested
 *     message
 */
public record JavaType(String packageName, String owner, String path) {

  /** A top-level type. */
  public static JavaType of(String packageName, String simpleName) {
    return new JavaType(packageName, "", simpleName);
  }

  /** The simple name that an import brings into scope. */
  public String head() {
    int dot = path.indexOf('.');
    return dot < 0 ? path : path.substring(0, dot);
  }

  /** The name that an import declaration states. */
  public String importName() {
    return prefix() + head();
  }

  public String qualifiedName() {
    return prefix() + path;
  }

  // Said by hand: the ones of a record are linked at run time, which a short-lived process feels.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof JavaType type
        && path.equals(type.path)
        && owner.equals(type.owner)
        && packageName.equals(type.packageName);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * packageName.hashCode() + owner.hashCode()) + path.hashCode();
  }

  private String prefix() {
    return (packageName.isEmpty() ? "" : packageName + ".") + (owner.isEmpty() ? "" : owner + ".");
  }
}
