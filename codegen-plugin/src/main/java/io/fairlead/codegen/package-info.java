/** The protoc plugin: reads a request, and answers with Java or with every mistake it found. */
@NullMarked
package io.fairlead.codegen;

import org.jspecify.annotations.NullMarked;
