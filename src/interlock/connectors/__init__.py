"""Systems of record: files and databases in, contract rows and refusals out. Read only.

`open_source` opens a folder, a file, a zip or a database address; a mapping says how its columns make the
columns of the contract; `chunks` hands over rows and, beside them, every row that was refused and why.
"""

from .errors import ConnectorError as ConnectorError
from .errors import DatabaseRefused as DatabaseRefused
from .errors import MappingError as MappingError
from .errors import SourceRefused as SourceRefused
from .limits import Limits as Limits
from .mapping import Mapping as Mapping
from .mapping import load_mapping as load_mapping
from .mapping import mapping_from as mapping_from
from .mapping import read_mapping as read_mapping
from .mapping import save_mapping as save_mapping
from .mapping import write_mapping as write_mapping
from .protocol import FoundColumn as FoundColumn
from .protocol import FoundTable as FoundTable
from .protocol import Progress as Progress
from .protocol import Skipped as Skipped
from .protocol import Source as Source
from .records import Chunk as Chunk
from .records import LeftOut as LeftOut
from .records import NearKey as NearKey
from .records import Refusal as Refusal
from .registry import Only as Only
from .registry import open_source as open_source
from .shipped import shipped_mapping as shipped_mapping
from .shipped import shipped_mappings as shipped_mappings
