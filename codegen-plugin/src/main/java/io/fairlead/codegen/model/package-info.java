/** The validated model: what the emitter needs, and nothing that it would have to check. */
@NullMarked
package io.fairlead.codegen.model;

import org.jspecify.annotations.NullMarked;
