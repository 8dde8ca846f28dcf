/** The Java names of things in a contract: of those that protoc writes, and of ours. */
@NullMarked
package io.fairlead.codegen.names;

import org.jspecify.annotations.NullMarked;
