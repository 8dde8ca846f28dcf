package io.fairlead.codegen.names;

/**
 * Where a Java type comes from that exists beside ours.
 *
 * @param what the origin in words, as {@code the message shop.Order}
 * @param file the .proto file that it is written for
 */
public record Origin(Kind kind, String what, String file) {
  /** What decides over the type's name. */
  public enum Kind {
    /** The name of a message, an enum or a service. */
    NAME,
    /** The name of the file, or its option {@code java_outer_classname}. */
    FILE_CLASS,
    /** The option {@code java_generic_services}. */
    GENERIC_SERVICE
  }
}
