//! The kinds of grammar nodes that are definitions, for each language.

use tree_sitter::Node;

use super::Syntax;

/// The important kinds of nodes in a language. One text lists the kinds with the same role.
#[derive(Clone, Copy)]
pub(super) struct Kinds {
    /// Functions, methods, classes and similar items; in data languages objects, tables and sections.
    pub definitions: &'static str,
    /// The same, but only if they have a `body` or more than one line: `struct s { … }`, not `struct s *next`; a C#
    /// property with accessors, not `public int X { get; set; }`.
    pub large: &'static str,
    /// Functions without a name. They are definitions if a wrapper names them: `const f = () => …`.
    pub nameless: &'static str,
    /// Nodes that belong to the single definition inside them: `export`, `template <…>`, `const f =`.
    pub wrappers: &'static str,
    /// Nodes that belong to the next definition: comments, attributes, decorators.
    pub leads: &'static str,
    /// The node to use if no definition encloses the point: `describe("…", () => { … })`, a loop in a script.
    pub fallbacks: &'static str,
    /// Nodes that import. If such a node is an ordinary call or variable, its words decide.
    pub imports: &'static str,
}

/// Whether the kind of `node` is in `kinds`, a list with blanks between.
pub(super) fn is_one_of(node: &Node, kinds: &str) -> bool {
    kinds.split(' ').any(|kind| kind == node.kind())
}

const NONE: Kinds =
    Kinds { definitions: "", large: "", nameless: "", wrappers: "", leads: "comment", fallbacks: "", imports: "" };

const JAVASCRIPT: Kinds = Kinds {
    definitions: "function_declaration generator_function_declaration class_declaration method_definition \
        class_static_block",
    nameless: "arrow_function function_expression generator_function class",
    wrappers: "export_statement lexical_declaration variable_declaration variable_declarator \
        expression_statement assignment_expression pair field_definition",
    leads: "comment decorator",
    fallbacks: "expression_statement",
    imports: "import_statement lexical_declaration variable_declaration",
    ..NONE
};

pub(super) fn kinds(syntax: Syntax) -> Kinds {
    match syntax {
        Syntax::Bash => Kinds {
            definitions: "function_definition",
            fallbacks: "if_statement for_statement c_style_for_statement while_statement case_statement \
                compound_statement subshell list pipeline command redirected_statement",
            imports: "command",
            ..NONE
        },
        Syntax::C => Kinds {
            definitions: "function_definition preproc_function_def",
            large: "struct_specifier union_specifier enum_specifier",
            wrappers: "type_definition declaration field_declaration",
            imports: "preproc_include",
            ..NONE
        },
        Syntax::CSharp => Kinds {
            definitions: "class_declaration struct_declaration interface_declaration enum_declaration \
                record_declaration method_declaration constructor_declaration destructor_declaration \
                operator_declaration conversion_operator_declaration local_function_statement",
            large: "property_declaration indexer_declaration event_declaration",
            leads: "comment attribute_list",
            imports: "using_directive",
            ..NONE
        },
        Syntax::Cpp => Kinds {
            definitions: "function_definition preproc_function_def concept_definition",
            large: "struct_specifier union_specifier enum_specifier class_specifier",
            wrappers: "type_definition declaration field_declaration template_declaration",
            imports: "preproc_include using_declaration import_declaration",
            ..NONE
        },
        Syntax::Css => Kinds {
            definitions: "rule_set media_statement supports_statement keyframes_statement at_rule \
                keyframe_block",
            imports: "import_statement",
            ..NONE
        },
        // A top-level function is two nodes: its head, which is a signature, and its body. Therefore the server uses
        // the paragraph.
        Syntax::Dart => Kinds {
            definitions: "class_declaration enum_declaration mixin_declaration extension_declaration \
                function_signature getter_signature setter_signature",
            large: "class_member",
            imports: "import_or_export",
            ..NONE
        },
        Syntax::Go => Kinds {
            definitions: "function_declaration method_declaration type_spec",
            nameless: "func_literal",
            wrappers: "type_declaration var_declaration var_spec short_var_declaration expression_list",
            imports: "import_declaration",
            ..NONE
        },
        Syntax::Hcl => Kinds { definitions: "block", ..NONE },
        Syntax::Html => Kinds { large: "element script_element style_element", ..NONE },
        Syntax::Java => Kinds {
            definitions: "class_declaration interface_declaration enum_declaration record_declaration \
                annotation_type_declaration method_declaration constructor_declaration \
                compact_constructor_declaration static_initializer",
            leads: "line_comment block_comment",
            imports: "import_declaration",
            ..NONE
        },
        Syntax::JavaScript => JAVASCRIPT,
        Syntax::Json | Syntax::Jsonc => Kinds { definitions: "object", wrappers: "pair", ..NONE },
        Syntax::Kotlin => Kinds {
            definitions: "class_declaration object_declaration companion_object function_declaration \
                secondary_constructor",
            nameless: "anonymous_function",
            wrappers: "property_declaration",
            leads: "line_comment block_comment",
            fallbacks: "call_expression",
            imports: "import import_header",
            ..NONE
        },
        Syntax::Lua => Kinds {
            definitions: "function_declaration",
            nameless: "function_definition",
            wrappers: "variable_declaration assignment_statement expression_list field",
            fallbacks: "function_call",
            imports: "variable_declaration",
            ..NONE
        },
        Syntax::Markdown => Kinds { definitions: "section", leads: "", ..NONE },
        Syntax::Php => Kinds {
            definitions: "function_definition method_declaration class_declaration interface_declaration \
                trait_declaration enum_declaration",
            nameless: "anonymous_function arrow_function",
            wrappers: "expression_statement assignment_expression",
            fallbacks: "expression_statement",
            imports: "namespace_use_declaration",
            ..NONE
        },
        Syntax::PowerShell => Kinds {
            definitions: "function_statement class_statement enum_statement class_method_definition",
            fallbacks: "pipeline if_statement foreach_statement for_statement while_statement \
                do_statement switch_statement try_statement",
            ..NONE
        },
        Syntax::Python => Kinds {
            definitions: "function_definition class_definition",
            wrappers: "decorated_definition",
            imports: "import_statement import_from_statement future_import_statement",
            ..NONE
        },
        Syntax::Ruby => Kinds {
            definitions: "method singleton_method class singleton_class module",
            wrappers: "call argument_list",
            fallbacks: "call",
            imports: "call",
            ..NONE
        },
        Syntax::Rust => Kinds {
            definitions: "function_item function_signature_item impl_item trait_item struct_item \
                enum_item union_item macro_definition",
            leads: "line_comment block_comment attribute_item",
            imports: "use_declaration extern_crate_declaration",
            ..NONE
        },
        Syntax::Scala => Kinds {
            definitions: "class_definition object_definition trait_definition enum_definition \
                function_definition function_declaration given_definition extension_definition",
            leads: "comment block_comment",
            imports: "import_declaration",
            ..NONE
        },
        Syntax::Sql => Kinds { definitions: "statement", leads: "comment marginalia", ..NONE },
        Syntax::Swift => Kinds {
            definitions: "class_declaration protocol_declaration function_declaration \
                protocol_function_declaration init_declaration deinit_declaration subscript_declaration",
            large: "property_declaration",
            leads: "comment multiline_comment",
            imports: "import_declaration",
            ..NONE
        },
        Syntax::Toml => Kinds { definitions: "table table_array_element", ..NONE },
        Syntax::Tsx | Syntax::TypeScript => Kinds {
            definitions: "function_declaration generator_function_declaration function_signature \
                class_declaration abstract_class_declaration method_definition class_static_block \
                interface_declaration enum_declaration",
            large: "type_alias_declaration",
            wrappers: "export_statement ambient_declaration lexical_declaration variable_declaration \
                variable_declarator expression_statement assignment_expression pair \
                public_field_definition",
            ..JAVASCRIPT
        },
        Syntax::Xml => Kinds { large: "element", leads: "Comment", ..NONE },
        Syntax::Yaml => Kinds {
            definitions: "block_mapping flow_mapping",
            wrappers: "block_mapping_pair flow_pair block_node flow_node block_sequence_item",
            ..NONE
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_exists_in_its_grammar() {
        let mut unknown = Vec::new();
        for syntax in Syntax::ALL {
            let grammar = syntax.grammar();
            let kinds = kinds(syntax);
            let lists = [kinds.definitions, kinds.large, kinds.nameless, kinds.wrappers, kinds.leads, kinds.fallbacks];
            let is_unknown = |kind: &&str| grammar.id_for_node_kind(kind, true) == 0;
            unknown.extend(lists.into_iter().flat_map(str::split_whitespace).filter(is_unknown).map(|it| (syntax, it)));
        }
        assert_eq!(unknown, []);
    }

    #[test]
    fn every_language_has_definitions() {
        for syntax in Syntax::ALL {
            let kinds = kinds(syntax);
            assert!(!kinds.definitions.is_empty() || !kinds.large.is_empty(), "{syntax:?}");
        }
    }
}
