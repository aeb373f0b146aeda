--- The options of `setup`, checked when they are set.

local M = {
  split = 'auto', ---@type 'auto'|'right'|'below'
  keys = {}, ---@type table<string, string> from the name in `<Plug>(stackspot-NAME)` to the key
}

function M.set(options)
  for name, value in pairs(options) do
    if name == 'split' then
      assert(vim.list_contains({ 'auto', 'right', 'below' }, value), 'stackspot_lsp: split is "auto", "right" or "below"')
      M.split = value
    elseif name == 'keys' then
      for key_name, key in pairs(value) do
        local is_known = vim.fn.maparg(('<Plug>(stackspot-%s)'):format(key_name), 'n') ~= ''
        assert(type(key) == 'string', ('stackspot_lsp: keys.%s is a key, such as "<leader>a"'):format(key_name))
        assert(is_known or not vim.g.loaded_stackspot_lsp, ('stackspot_lsp: keys.%s: there is no such key'):format(key_name))
      end
      M.keys = value
    else
      error(('stackspot_lsp: unknown option "%s"; known are split and keys'):format(name))
    end
  end
end

return M
