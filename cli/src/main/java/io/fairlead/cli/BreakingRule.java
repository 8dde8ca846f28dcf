package io.fairlead.cli;

import static io.fairlead.cli.BreakingRule.Category.FILE;
import static io.fairlead.cli.BreakingRule.Category.PACKAGE;
import static io.fairlead.cli.BreakingRule.Category.POLICY;
import static io.fairlead.cli.BreakingRule.Category.WIRE;
import static io.fairlead.cli.BreakingRule.Category.WIRE_JSON;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a change of a contract must not do. The names and categories outside {@link Category#POLICY}
 * are those of buf.
 */
enum BreakingRule {
  ENUM_NO_DELETE("keep the enum, or mark it deprecated", FILE),
  EXTENSION_NO_DELETE("keep the extension, or mark it deprecated", FILE),
  FILE_NO_DELETE("keep the file, and let it import what has moved", FILE),
  MESSAGE_NO_DELETE("keep the message, or mark it deprecated", FILE),
  SERVICE_NO_DELETE("keep the service, or mark it deprecated", FILE),

  PACKAGE_ENUM_NO_DELETE("keep the enum, or mark it deprecated", PACKAGE),
  PACKAGE_EXTENSION_NO_DELETE("keep the extension, or mark it deprecated", PACKAGE),
  PACKAGE_MESSAGE_NO_DELETE("keep the message, or mark it deprecated", PACKAGE),
  PACKAGE_NO_DELETE("keep the package beside the new one", PACKAGE),
  PACKAGE_SERVICE_NO_DELETE("keep the service, or mark it deprecated", PACKAGE),

  ENUM_SAME_TYPE("keep the syntax or the feature enum_type", FILE, PACKAGE),
  ENUM_VALUE_NO_DELETE("keep the value, or mark it deprecated", FILE, PACKAGE),
  EXTENSION_MESSAGE_NO_DELETE("keep the extension range", FILE, PACKAGE),
  FIELD_NO_DELETE("keep the field, or mark it deprecated", FILE, PACKAGE),
  FIELD_SAME_CARDINALITY("add a field with a new number", FILE, PACKAGE),
  FIELD_SAME_CPP_STRING_TYPE("keep the option", FILE, PACKAGE),
  FIELD_SAME_JAVA_UTF8_VALIDATION("keep the option or the feature", FILE, PACKAGE),
  FIELD_SAME_JSTYPE("keep the option", FILE, PACKAGE),
  FIELD_SAME_TYPE("add a field with a new number", FILE, PACKAGE),
  FIELD_SAME_UTF8_VALIDATION("keep the syntax or the feature utf8_validation", FILE, PACKAGE),
  FILE_SAME_CC_ENABLE_ARENAS("keep the option", FILE, PACKAGE),
  FILE_SAME_CC_GENERIC_SERVICES("keep the option", FILE, PACKAGE),
  FILE_SAME_CSHARP_NAMESPACE("keep the option", FILE, PACKAGE),
  FILE_SAME_GO_PACKAGE("keep the option", FILE, PACKAGE),
  FILE_SAME_JAVA_GENERIC_SERVICES("keep the option", FILE, PACKAGE),
  FILE_SAME_JAVA_MULTIPLE_FILES("keep the option", FILE, PACKAGE),
  FILE_SAME_JAVA_OUTER_CLASSNAME("keep the option", FILE, PACKAGE),
  FILE_SAME_JAVA_PACKAGE("keep the option", FILE, PACKAGE),
  FILE_SAME_OBJC_CLASS_PREFIX("keep the option", FILE, PACKAGE),
  FILE_SAME_OPTIMIZE_FOR("keep the option", FILE, PACKAGE),
  FILE_SAME_PHP_CLASS_PREFIX("keep the option", FILE, PACKAGE),
  FILE_SAME_PHP_METADATA_NAMESPACE("keep the option", FILE, PACKAGE),
  FILE_SAME_PHP_NAMESPACE("keep the option", FILE, PACKAGE),
  FILE_SAME_PY_GENERIC_SERVICES("keep the option", FILE, PACKAGE),
  FILE_SAME_RUBY_PACKAGE("keep the option", FILE, PACKAGE),
  FILE_SAME_SWIFT_PREFIX("keep the option", FILE, PACKAGE),
  FILE_SAME_SYNTAX("keep the syntax", FILE, PACKAGE),
  MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR("take the option out again", FILE, PACKAGE),
  ONEOF_NO_DELETE("keep the oneof", FILE, PACKAGE),
  RPC_NO_DELETE("keep the method, or mark it deprecated", FILE, PACKAGE),

  ENUM_SAME_JSON_FORMAT("keep the feature json_format", FILE, PACKAGE, WIRE_JSON),
  ENUM_VALUE_SAME_NAME("keep the name; JSON carries it", FILE, PACKAGE, WIRE_JSON),
  FIELD_SAME_JSON_NAME("keep the name in JSON with the option json_name", FILE, PACKAGE, WIRE_JSON),
  FIELD_SAME_NAME(
      "keep the name, or add a field with a new number and reserve this one",
      FILE,
      PACKAGE,
      WIRE_JSON),
  MESSAGE_SAME_JSON_FORMAT("keep the feature json_format", FILE, PACKAGE, WIRE_JSON),

  FIELD_SAME_DEFAULT("keep the default", FILE, PACKAGE, WIRE_JSON, WIRE),
  FIELD_SAME_ONEOF(
      "leave it where it was, and add a field with a new number", FILE, PACKAGE, WIRE_JSON, WIRE),
  FILE_SAME_PACKAGE(
      "keep the package, and put the new one into a file of its own",
      FILE,
      PACKAGE,
      WIRE_JSON,
      WIRE),
  MESSAGE_SAME_REQUIRED_FIELDS(
      "leave required fields as they are; add optional ones", FILE, PACKAGE, WIRE_JSON, WIRE),
  RESERVED_ENUM_NO_DELETE("reserve it again", FILE, PACKAGE, WIRE_JSON, WIRE),
  RESERVED_MESSAGE_NO_DELETE("reserve it again", FILE, PACKAGE, WIRE_JSON, WIRE),
  RPC_SAME_CLIENT_STREAMING("add a method", FILE, PACKAGE, WIRE_JSON, WIRE),
  RPC_SAME_IDEMPOTENCY_LEVEL("keep the level, or add a method", FILE, PACKAGE, WIRE_JSON, WIRE),
  RPC_SAME_REQUEST_TYPE("add a method", FILE, PACKAGE, WIRE_JSON, WIRE),
  RPC_SAME_RESPONSE_TYPE("add a method", FILE, PACKAGE, WIRE_JSON, WIRE),
  RPC_SAME_SERVER_STREAMING("add a method", FILE, PACKAGE, WIRE_JSON, WIRE),

  ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED("reserve the name", WIRE_JSON),
  FIELD_NO_DELETE_UNLESS_NAME_RESERVED("reserve the name", WIRE_JSON),
  FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY("add a field with a new number", WIRE_JSON),
  FIELD_WIRE_JSON_COMPATIBLE_TYPE("add a field with a new number", WIRE_JSON),

  ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED("reserve the number", WIRE_JSON, WIRE),
  FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED("reserve the number", WIRE_JSON, WIRE),

  FIELD_WIRE_COMPATIBLE_CARDINALITY("add a field with a new number", WIRE),
  FIELD_WIRE_COMPATIBLE_TYPE("add a field with a new number", WIRE),

  POLICY_IDEMPOTENCY_NO_WEAKEN("keep the level, or add a method", POLICY),
  POLICY_DEADLINE_NO_SHORTEN(
      "keep the deadline; a caller in a hurry sets a shorter one on its call", POLICY),
  POLICY_IDLE_TIMEOUT_NO_SHORTEN("keep the idle timeout, or add a method", POLICY),
  POLICY_RETRY_NO_WEAKEN("keep the retries; a caller may switch them off on its channel", POLICY),
  POLICY_HEDGING_NO_WEAKEN("keep the hedges; a caller may switch them off on its channel", POLICY),
  POLICY_HASH_KEY_SAME("keep the key, or add a method with the new one", POLICY),
  POLICY_BALANCER_SAME(
      "keep the balancer, or change it when endpoints may lose their keys", POLICY),
  POLICY_SCOPES_NO_ADD(
      "give callers the scope first, and add it to the contract when all of them have it", POLICY),
  POLICY_PUBLIC_NO_DELETE("keep it public, or add a method for known callers", POLICY),
  POLICY_MAX_REQUEST_NO_LOWER("keep the limit, or add a method", POLICY),
  POLICY_MAX_RESPONSE_NO_LOWER("keep the limit, or answer in a stream", POLICY),
  POLICY_WAIT_FOR_READY_NO_DELETE(
      "keep it; a caller that cannot wait says so on its channel", POLICY),
  POLICY_PRIORITY_NO_LOWER("keep the priority, or add a method", POLICY),
  POLICY_FAILURE_MODE_SAME("keep the mode, or add a method", POLICY),
  POLICY_CACHE_NO_WEAKEN(
      "keep the cache; a caller that wants other responses sends cache-control: no-cache", POLICY),
  POLICY_LIVE_NO_NARROW(
      "end the live policies that are outside of the new bounds first, then narrow them", POLICY),
  POLICY_COMPRESSION_KNOWN(
      "use gzip or identity, or give all clients and servers the codec first", POLICY);

  /** For whom a change breaks something, the strictest one first. */
  enum Category {
    /** Generated code, also where a type has moved to another file. */
    FILE,
    /** Generated code, where a type is gone from its package. */
    PACKAGE,
    /** Messages in JSON, and all of {@link #WIRE}. */
    WIRE_JSON,
    /** Messages as bytes. */
    WIRE,
    /** Callers that keep their code, and whose calls fail more often or with other results. */
    POLICY
  }

  private final String wayOut;

  @SuppressWarnings("ImmutableEnumChecker") // nobody changes it
  private final Set<Category> categories;

  BreakingRule(String wayOut, Category first, Category... others) {
    this.wayOut = wayOut;
    this.categories = EnumSet.of(first, others);
  }

  String wayOut() {
    return wayOut;
  }

  Set<Category> categories() {
    return categories;
  }

  static List<String> names() {
    return Arrays.stream(values()).map(Enum::name).toList();
  }
}
